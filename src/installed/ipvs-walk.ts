/**
 * Follows a packet through ipvs mode: marks and filters of iptables by their sets, then the virtual server. IPVS takes what
 * arrives from outside after the INPUT rules, what the node itself sends after nat OUTPUT, and forwards through OUTPUT.
 */
import { canonicalAddress } from "../net/families.ts";
import { splitHostPort } from "../net/host-port.ts";
import type { IpSets } from "./ip-sets.ts";
import type { IptablesTables } from "./iptables-rules.ts";
import { IptablesWalk } from "./iptables-walk.ts";
import { endOf, isLocal, startTraveller } from "./way.ts";
import type { Arrival, RulePacket, Traveller, Way, Ways } from "./way.ts";

/** Shown for a virtual server's step in place of a rule's table. */
export const IPVS_TABLE = "ipvs";

export interface VirtualServer {
  /** `10.96.0.1`. */
  readonly address: string;
  readonly port: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly scheduler: string;
  /** Seconds for which a client keeps its real server. */
  readonly persistence?: number | undefined;
  /** As ipvsadm saves it. */
  readonly line: string;
  readonly reals: readonly { readonly endpoint: string; readonly line: string }[];
}

const PROTOCOLS: Readonly<Record<string, VirtualServer["protocol"]>> = {
  "-t": "TCP",
  "-u": "UDP",
  "--sctp-service": "SCTP",
};

/** `ipvsadm -S -n`, read. */
export function parseIpvsSave(text: string): readonly VirtualServer[] {
  const servers = new Map<string, VirtualServer & { reals: { endpoint: string; line: string }[] }>();
  for (const line of text.split("\n").map((it) => it.trim())) {
    const [verb, word = "", at = "", ...more] = line.split(" ");
    const protocol = PROTOCOLS[word];
    if (protocol === undefined) continue;
    const option = (name: string): string | undefined =>
      more.includes(name) ? more[more.indexOf(name) + 1] : undefined;
    const key = `${word} ${at}`;
    if (verb === "-a") {
      servers.get(key)?.reals.push({ endpoint: option("-r") ?? "", line });
      continue;
    }
    const { address, port } = splitHostPort(at);
    const sticky = option("-p");
    const persistence = sticky === undefined ? {} : { persistence: Number(sticky) };
    const canonical = canonicalAddress(address);
    servers.set(key, {
      address: canonical,
      port,
      protocol,
      scheduler: option("-s") ?? "",
      ...persistence,
      line,
      reals: [],
    });
  }
  return [...servers.values()];
}

function chosen(now: Traveller, server: VirtualServer): readonly Traveller[] {
  return server.reals.map(({ endpoint, line }) => {
    const { address, port } = splitHostPort(endpoint);
    const step = {
      table: IPVS_TABLE,
      chain: `virtual server ${server.scheduler}`,
      index: 0,
      rule: line,
      effect: `one of ${server.reals.length}: sent to ${endpoint}`,
    };
    const probability = now.probability / server.reals.length;
    return { ...now, to: canonicalAddress(address), port, endpoint, probability, steps: [...now.steps, step] };
  });
}

export function walkIpvs(
  tables: IptablesTables,
  sets: IpSets,
  servers: readonly VirtualServer[],
  packet: RulePacket,
): Ways {
  const walk = new IptablesWalk(tables, packet, sets);
  const fromNode = packet.from.kind === "node";
  const server = servers.find(
    (one) => one.address === packet.to && one.port === packet.port && one.protocol === packet.protocol,
  );
  let here = walk.hook("nat", fromNode ? "OUTPUT" : "PREROUTING", startTraveller(packet));
  const end = (arrivals: readonly Arrival[]): Ways => ({
    ways: arrivals.map(({ traveller, exit }): Way => endOf(traveller, exit)),
    unread: [...walk.unread],
    affinitySeconds: server?.persistence,
  });
  if (server === undefined) {
    const local = isLocal(packet, packet.to);
    if (fromNode) here = walk.through("filter", "OUTPUT", here);
    here = walk.through("filter", local ? "INPUT" : "FORWARD", here);
    return end(local ? here : walk.through("nat", "POSTROUTING", here));
  }
  if (!fromNode) here = walk.through("filter", "INPUT", here);
  here = here.flatMap((one): Arrival[] => {
    if (one.exit === "drop" || one.exit === "reject") return [one];
    const travellers = chosen(one.traveller, server);
    if (travellers.length > 0) return travellers.map((traveller) => ({ traveller, exit: "accept" }));
    const chain = `virtual server ${server.scheduler}`;
    const step = { table: IPVS_TABLE, chain, index: 0, rule: server.line, effect: "no real server: port unreachable" };
    return [{ traveller: { ...one.traveller, steps: [...one.traveller.steps, step] }, exit: "reject" }];
  });
  return end(walk.through("nat", "POSTROUTING", walk.through("filter", "OUTPUT", here)));
}

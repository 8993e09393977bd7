/**
 * Follows a packet through ipvs mode: marks and filters of iptables by their sets, then the virtual server. IPVS takes what
 * arrives from outside after the INPUT rules, what the node itself sends after nat OUTPUT, and forwards through OUTPUT.
 */
import { canonicalAddress } from "../net/families.ts";
import type { Family } from "../net/family.ts";
import { joinHostPort, splitHostPort } from "../net/host-port.ts";
import type { IpSets } from "./ip-sets.ts";
import type { IptablesTables } from "./iptables-rules.ts";
import { IptablesWalk } from "./iptables-walk.ts";
import { endOf, isLocal, startTraveller } from "./way.ts";
import type { Arrival, RulePacket, Traveller, Way, Ways } from "./way.ts";
import { IPVS_TABLE } from "../resources/ipvs/definition.ts";

export interface VirtualServer {
  /** What it is for: `TCP 10.96.0.1:443`, `mark 8000 ipv4`. */
  readonly key: string;
  readonly family: Family;
  readonly scheduler: string;
  /** Seconds for which a client keeps its real server. */
  readonly persistence?: number | undefined;
  /** As ipvsadm saves it. */
  readonly line: string;
  readonly reals: readonly { readonly endpoint: string; readonly line: string }[];
}

const PROTOCOLS: Readonly<Record<string, string>> = { "-t": "TCP", "-u": "UDP", "--sctp-service": "SCTP" };

function serverKey(protocol: string, address: string, port: number): string {
  return `${protocol} ${joinHostPort(canonicalAddress(address), port)}`;
}

function markKey(mark: number | string, family: Family): string {
  return `mark ${mark} ${family}`;
}

/** `ipvsadm -S -n`, read. */
export function parseIpvsSave(text: string): readonly VirtualServer[] {
  const servers = new Map<string, VirtualServer & { reals: { endpoint: string; line: string }[] }>();
  for (const line of text.split("\n").map((it) => it.trim())) {
    const [verb, word = "", at = "", ...more] = line.split(" ");
    const protocol = PROTOCOLS[word];
    if (protocol === undefined && word !== "-f") continue;
    const option = (name: string): string | undefined =>
      more.includes(name) ? more[more.indexOf(name) + 1] : undefined;
    const family = at.startsWith("[") || more.includes("-6") ? "ipv6" : "ipv4";
    const { address, port } = splitHostPort(at);
    const key = protocol === undefined ? markKey(at, family) : serverKey(protocol, address, port);
    if (verb === "-a") {
      servers.get(key)?.reals.push({ endpoint: option("-r") ?? "", line });
      continue;
    }
    const sticky = option("-p");
    const persistence = sticky === undefined ? {} : { persistence: Number(sticky) };
    servers.set(key, { key, family, scheduler: option("-s") ?? "", ...persistence, line, reals: [] });
  }
  return [...servers.values()];
}

function chosen(now: Traveller, server: VirtualServer): readonly Traveller[] {
  return server.reals.map(({ endpoint, line }) => {
    const { address, port: number } = splitHostPort(endpoint);
    // Into a tunnel it goes as it is.
    const port = number === 0 ? now.port : number;
    const step = {
      table: IPVS_TABLE,
      chain: `virtual server ${server.scheduler}`,
      index: 0,
      rule: line,
      effect: `one of ${server.reals.length}: sent to ${endpoint}`,
    };
    const probability = now.probability / server.reals.length;
    return {
      ...now,
      to: canonicalAddress(address),
      port,
      endpoint: joinHostPort(address, port),
      probability,
      steps: [...now.steps, step],
    };
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
  const first = fromNode ? "OUTPUT" : "PREROUTING";
  let here = walk.through("nat", first, walk.hook("mangle", first, startTraveller(packet)));
  const marks = new Set(here.map(({ traveller }) => markKey(traveller.mark, packet.family)));
  const server =
    servers.find(({ key }) => marks.has(key)) ??
    servers.find(({ key }) => key === serverKey(packet.protocol, packet.to, packet.port));
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
  // What travels in a tunnel is met by no further rule: those see the tunnel.
  if (server.reals.some(({ line }) => line.includes(" -i "))) return end(here);
  return end(walk.through("nat", "POSTROUTING", walk.through("filter", "OUTPUT", here)));
}

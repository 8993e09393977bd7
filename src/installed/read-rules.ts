/** The rules of kube-proxy as a node's kernel has them now, followed for one packet. One reader per engine. */
import type { AgentClient } from "../agent/client.ts";
import { LabError } from "../errors.ts";
import type { ProxyEngine } from "../kube/service/service.ts";
import type { Family } from "../net/family.ts";
import { IpSets, NO_SETS } from "./ip-sets.ts";
import { parseIptablesSave } from "./iptables-rules.ts";
import { parseIpvsSave, walkIpvs } from "./ipvs-walk.ts";
import type { IptablesTables } from "./iptables-rules.ts";
import { walkIptables } from "./iptables-walk.ts";
import { parseNftTable } from "./nft-rules.ts";
import type { NftTable } from "./nft-rules.ts";
import { walkNft } from "./nft-walk.ts";
import { throughProxies } from "./proxy-ways.ts";
import type { RulePacket, Ways } from "./way.ts";

const TIMEOUT = 10_000;
/** Bytes: 10,000 Services have 10 MB of rules. */
const LIMIT = 64 * 1024 * 1024;

export async function output(
  client: AgentClient,
  ns: string,
  argv: readonly string[],
  timeout = TIMEOUT,
): Promise<string> {
  const result = await client.call("run", { ns, argv, timeout, outputLimit: LIMIT });
  if (result.cut === true) {
    throw new LabError("ECHECK", 1, `${argv.join(" ")} on ${ns} wrote more than ${LIMIT / 2 ** 20} MiB`, {
      hint: "this node has too many rules to follow; other checks are not affected",
    });
  }
  if (result.exitCode === 0) return result.stdout;
  throw new LabError(
    "ECHECK",
    1,
    `${argv.join(" ")} failed on ${ns}: ${result.timedOut ? `no end within ${timeout / 1000} s` : result.stderr.trim() || "no output"}`,
    {
      hint: "up restores what is missing",
    },
  );
}

/** All tables of a family, and the sets that their rules refer to. */
export async function readIptables(
  client: AgentClient,
  ns: string,
  family: Family,
): Promise<{ readonly tables: IptablesTables; readonly sets: IpSets }> {
  const text = await output(client, ns, [family === "ipv6" ? "ip6tables-save" : "iptables-save", "-c"]);
  const sets = text.includes("--match-set") ? new IpSets(await output(client, ns, ["ipset", "save"])) : NO_SETS;
  return { tables: parseIptablesSave(text), sets };
}

type Follow = (client: AgentClient, ns: string, packet: RulePacket) => Promise<Ways>;

/** A table of nftables as JSON, and the texts of its rules. */
export async function readNftTable(client: AgentClient, ns: string, family: string, name: string): Promise<NftTable> {
  const [json, listing] = await Promise.all(
    ["-j", "-a"].map((form) => output(client, ns, ["nft", form, "list", "table", family, name])),
  );
  return parseNftTable(json ?? "", listing ?? "");
}

const iptables: Follow = async (client, ns, packet) => {
  const { tables, sets } = await readIptables(client, ns, packet.family);
  return walkIptables(tables, packet, sets);
};

const nftables: Follow = async (client, ns, packet) =>
  walkNft(await readNftTable(client, ns, packet.family === "ipv6" ? "ip6" : "ip", "kube-proxy"), packet);

/** The rules lead to a port of the node; the agent knows what listens there, and for which Service. */
const userspace: Follow = async (client, ns, packet) => {
  const [ways, { proxies }] = await Promise.all([iptables(client, ns, packet), client.call("proxies", { ns })]);
  return throughProxies(
    ways,
    packet,
    proxies.filter(({ spec }) => spec.family === packet.family),
  );
};

const ipvs: Follow = async (client, ns, packet) => {
  const [{ tables, sets }, servers] = await Promise.all([
    readIptables(client, ns, packet.family),
    output(client, ns, ["ipvsadm", "--save", "-n"]),
  ]);
  return walkIpvs(tables, sets, parseIpvsSave(servers), packet);
};

const FOLLOWERS = { iptables, nftables, userspace, ipvs, "kube-router": ipvs } satisfies Record<ProxyEngine, Follow>;

/** Throws LabError when they cannot be listed. */
export async function followRules(
  client: AgentClient,
  ns: string,
  engine: ProxyEngine,
  packet: RulePacket,
): Promise<Ways> {
  return FOLLOWERS[engine](client, ns, packet);
}

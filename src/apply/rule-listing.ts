/**
 * What iptables-save and nft list in a namespace, counters included. The tools run only where the rules are others than the last
 * time: they take a hundred times as long as the counters, which are read by netlink.
 */
import type { Family } from "../net/family.ts";
import { NetlinkError } from "../kernel/netlink/socket.ts";
import type { NetnsHandle } from "../kernel/netns.ts";
import { passingTables } from "../kernel/nftables/owned-table.ts";
import { readPacketCounters, type CountedPackets, type PacketCounters } from "../kernel/nftables/packet-counters.ts";
import type { RuleListing } from "../resources/rule-listing.ts";
import { generationOf, isAsRead } from "./known-rules.ts";
import { runTool } from "./run-tool.ts";

interface Known {
  readonly generation: number;
  readonly listing: RuleListing;
}

/** Namespaces whose listings are kept, with up to some megabytes each. */
const MOST = 10;

const known = new Map<Family, Map<NetnsHandle, Known>>();

export async function readRuleListing(netns: NetnsHandle, family: Family): Promise<RuleListing> {
  const all = known.get(family) ?? new Map<NetnsHandle, Known>();
  known.set(family, all);
  const generation = generationOf(netns);
  const kept = all.get(netns);
  if (kept !== undefined && kept.generation === generation) {
    const now = await countedNow(netns, family, kept.listing);
    if (now !== undefined && generationOf(netns) === generation) return now;
  }
  all.delete(netns);
  const passing = passingTables(netns);
  let isWhole = true;
  const output = async (...argv: readonly string[]): Promise<string> => {
    const { exitCode, stdout } = await runTool(netns, argv);
    if (exitCode === 0) return stdout;
    isWhole = false;
    return "";
  };
  const [iptables, nft] = await Promise.all([
    output(family === "ipv6" ? "ip6tables-save" : "iptables-save", "-c"),
    output("nft", "-a", "list", "ruleset"),
  ]);
  const listing = { iptables, nft };
  if (!isWhole || generation === undefined || !isAsRead(netns, generation, passing)) return listing;
  all.set(netns, { generation, listing });
  for (const oldest of all.keys()) if (all.size > MOST) all.delete(oldest);
  return listing;
}

/** Undefined: the listing is of other rules. */
async function countedNow(
  netns: NetnsHandle,
  family: Family,
  { iptables, nft }: RuleListing,
): Promise<RuleListing | undefined> {
  try {
    const counters = await readPacketCounters(netns);
    const saved = recountSaved(iptables, family === "ipv6" ? "ip6" : "ip", counters);
    return saved === undefined ? undefined : { iptables: saved, nft: recountListed(nft, counters) };
  } catch (error) {
    if (error instanceof NetlinkError) return undefined;
    throw error;
  }
}

/** iptables-save -c: `:FORWARD DROP [2:120]`, `[2:120] -A FORWARD …`; undefined where a rule is not known. */
function recountSaved(saved: string, family: string, { rules, policies }: PacketCounters): string | undefined {
  let table = "";
  let missing = false;
  const next = new Map<string, number>();
  const text = saved.replace(
    /^\*(\S+)$|^(:(\S+) \S+ )\[\d+:\d+\]|^\[\d+:\d+\](?= -A (\S+))/gm,
    (line, name?: string, head?: string, policy?: string, chain?: string) => {
      // prettier-ignore
      if (name !== undefined) table = name;
      if (policy !== undefined) return countsOr(policies.get(`${family} ${table} ${policy}`), line, head);
      if (chain === undefined) return line;
      const key = `${family} ${table} ${chain}`;
      const at = next.get(key) ?? 0;
      next.set(key, at + 1);
      const rule = rules.get(key)?.[at];
      missing ||= rule === undefined;
      return countsOr(rule?.counted, line);
    },
  );
  return missing ? undefined : text;
}

function countsOr(counted: CountedPackets | undefined, line: string, head = ""): string {
  return counted === undefined ? line : `${head}[${counted.packets}:${counted.bytes}]`;
}

/** nft -a list: `counter packets 2 bytes 120 accept # handle 5`. */
function recountListed(listed: string, { rules }: PacketCounters): string {
  let table = "";
  let byHandle = new Map<number, CountedPackets | undefined>();
  return listed.replace(
    /^table (\S+ \S+) \{|^\tchain (\S+) \{|\bcounter packets \d+ bytes \d+(?=.* # handle (\d+)$)/gm,
    (line, name?: string, chain?: string, handle?: string) => {
      // prettier-ignore
      if (name !== undefined) table = name;
      if (chain !== undefined)
        byHandle = new Map(rules.get(`${table} ${chain}`)?.map((rule) => [rule.handle, rule.counted]));
      const counted = handle === undefined ? undefined : byHandle.get(Number(handle));
      return counted === undefined ? line : `counter packets ${counted.packets} bytes ${counted.bytes}`;
    },
  );
}

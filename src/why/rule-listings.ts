/** The rules of the namespaces on a packet's way, as tools list them: only where there are any. */
import { isRuleSet } from "../resources/iptables/rule-set.ts";
import type { AgentClient } from "../agent/client.ts";
import { parseAddress } from "../net/address.ts";
import type { ObservedState } from "../resources/observed.ts";
import { listRules } from "./dropping-rules.ts";
import type { RuleListing } from "./dropping-rules.ts";
import type { PacketWay } from "./packet-way.ts";

/** Namespaces whose rules are listed. */
const MOST_NAMESPACES = 10;

/** Namespaces in which there are rules: the lab's own, or any in nftables. The others need no tool to be run. */
export function withRules({ namespaces }: ObservedState, applied: ObservedState["applied"]): ReadonlySet<string> {
  const own = Object.values(applied).filter(isRuleSet);
  const strange = Object.values(namespaces).filter(({ nftTables = [] }) => nftTables.length > 0);
  return new Set([...own, ...strange].map(({ ns }) => ns));
}

export async function ruledNamespaces(
  client: AgentClient,
  way: PacketWay,
  applied: ObservedState["applied"],
): Promise<ReadonlySet<string>> {
  const own = withRules({ namespaces: {}, applied: {}, iptablesAfterApply: {}, running: [] }, applied);
  const others = way.namespaces.filter((ns) => !own.has(ns));
  return new Set([...own, ...withRules(await client.observe({ namespaces: others }), {})]);
}

export async function listAll(
  client: AgentClient,
  way: PacketWay,
  ruled: ReadonlySet<string>,
): Promise<ReadonlyMap<string, RuleListing>> {
  const namespaces = way.namespaces.filter((ns) => ruled.has(ns)).slice(0, MOST_NAMESPACES);
  const lists = await Promise.all(namespaces.map(async (ns) => [ns, await listRules(client, ns, way.family)] as const));
  return new Map(lists);
}

/** Those of the `ruled` whose rules a packet may meet. Where a name leads is known only when it is resolved. */
export function rulesOnWay(
  ruled: ReadonlySet<string>,
  way: PacketWay,
  nodes: readonly (string | undefined)[],
  to: string,
): readonly string[] {
  const passed = new Set([...way.namespaces, ...nodes]);
  return [...ruled].filter((ns) => parseAddress(to) === undefined || passed.has(ns));
}

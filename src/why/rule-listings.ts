/** The rules of the namespaces on a packet's way, as tools list them: only where there are any. */
import { isRuleSet } from "../resources/iptables/rule-set.ts";
import type { AgentClient } from "../agent/client.ts";
import { parseAddress } from "../net/address.ts";
import type { ObservedState } from "../resources/observed.ts";
import type { RuleListing } from "../resources/rule-listing.ts";
import type { PacketWay } from "./packet-way.ts";

/** Namespaces whose rules are listed. */
const MOST_NAMESPACES = 10;
const NOTHING: RuleListing = { iptables: "", nft: "" };

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

/** `alsoOff`: others after them, as long as there are few, where the packet may take another way than expected. */
export async function listAll(
  client: AgentClient,
  way: PacketWay,
  ruled: ReadonlySet<string>,
  alsoOff = false,
): Promise<ReadonlyMap<string, RuleListing>> {
  const onWay = way.namespaces.filter((ns) => ruled.has(ns));
  const namespaces = [...new Set([...onWay, ...(alsoOff ? ruled : [])])].slice(0, MOST_NAMESPACES);
  const { family } = way;
  const lists = await Promise.all(
    namespaces.map(async (ns) => [ns, await client.call("ruleListing", { ns, family }).catch(() => NOTHING)] as const),
  );
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

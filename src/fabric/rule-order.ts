/** Who has a say in the iptables of a namespace, and where the rules of each stand in a chain that several of them use. */
import { RULE_OWNERS } from "../resources/rule-owners.ts";
import type { RuleOwner } from "../resources/rule-owners.ts";
import type { TopologyIptables } from "./topology-rule.ts";

/** Before the rules of all, or behind those of another owner. Absent: among its own, in the order in which they were added. */
export type RulePosition = "first" | `after ${RuleOwner}`;

export type OwnedRules = Readonly<Partial<Record<RuleOwner, readonly TopologyIptables[]>>>;

/** The rules of all as they stand in a chain. */
export function inChainOrder(rules: OwnedRules): readonly TopologyIptables[] {
  const all = RULE_OWNERS.flatMap((owner) => (rules[owner] ?? []).map((rule) => ({ owner, rule })));
  const places = Map.groupBy(all, ({ owner, rule }) => rule.position ?? owner);
  const order = ["first", ...RULE_OWNERS.flatMap((owner) => [owner, `after ${owner}`] as const)] as const;
  return order.flatMap((place) => (places.get(place) ?? []).map(({ rule }) => rule));
}

/** Routing policy rules that the kernel makes in each new namespace (fib_default_rules_init(), fib6_rules_net_init()). */
import type { Family } from "../net/family.ts";
import type { ObservedRule } from "./observed.ts";

interface OwnRule {
  readonly family: Family;
  readonly priority: number;
  readonly table: number;
  readonly name: string;
}

const LOCAL = { priority: 0, table: 255, name: "local" };
const MAIN = { priority: 32_766, table: 254, name: "main" };
const DEFAULT = { priority: 32_767, table: 253, name: "default" };
export const OWN_RULES: readonly OwnRule[] = [
  ...[LOCAL, MAIN, DEFAULT].map((rule): OwnRule => ({ family: "ipv4", ...rule })),
  ...[LOCAL, MAIN].map((rule): OwnRule => ({ family: "ipv6", ...rule })),
];

/** Those that are gone, and that no other rule replaces: a CNI plugin may look into table local by a rule of its own. */
export function missingOwnRules(rules: readonly ObservedRule[]): readonly OwnRule[] {
  return OWN_RULES.filter(({ family, table }) => {
    const those = rules.filter((rule) => rule.family === family);
    // No rule at all: the kernel has no such family here.
    return table !== DEFAULT.table && those.length > 0 && !those.some((rule) => rule.table === table);
  });
}

/** `ip rule 32766: from all lookup main`. */
export function ownRuleText({ family, priority, name }: OwnRule): string {
  return `${family === "ipv6" ? "ip -6" : "ip"} rule ${priority}: from all lookup ${name}`;
}

/** Our part of iptables tables. */
import type { Cause } from "../../cause.ts";
import type { Family } from "../../net/family.ts";
import { formatIptablesArgs } from "./table-words.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import type { RuleOwner } from "../rule-owners.ts";
import { iptablesEncoder } from "./encode.ts";
import { iptablesPlan } from "./plan.ts";
import { ruleSetEdits } from "./rule-set.ts";

/** One iptables rule in iptables-save's words, without `-A CHAIN`. */
export interface IptablesRule {
  readonly args: readonly string[];
  readonly cause: Cause;
}

/**
 * Our part of one iptables table in one family. A chain that is not built in is ours as a whole;
 * in a built-in chain (INPUT, POSTROUTING …) only the rules listed are ours.
 */
export interface IptablesResource extends ResourceBase {
  readonly kind: "iptables";
  readonly family: Family;
  readonly table: "raw" | "mangle" | "nat" | "filter";
  readonly chains: readonly {
    readonly name: string;
    readonly builtin: boolean;
    /** Of a chain that is not built in, as it is planned. */
    readonly owner?: RuleOwner | undefined;
    /** Built-in chains only. */
    readonly policy?: "ACCEPT" | "DROP" | undefined;
    /** Of an observed one: others have changed it, so it is written again in any case. */
    readonly touched?: boolean | undefined;
    readonly rules: readonly IptablesRule[];
  }[];
}

export const iptablesDefinition: ResourceDefinition<IptablesResource> = {
  kind: "iptables",
  lives: "kernel",
  speed: "tool",
  listed: ["iptables"],
  takenWhole: true,
  together: (_action, { family }) => family,
  metAt: "netfilter",
  script: "own",
  key: ({ family, table }) => [family, table],
  describe({ family, table, chains }) {
    const rules = chains.reduce((sum, chain) => sum + chain.rules.length, 0);
    const names = chains.map(({ name }) => name).join(", ");
    return `${family === "ipv6" ? "ip6tables" : "iptables"} ${table}: ${rules} ${rules === 1 ? "rule" : "rules"} in ${names}`;
  },
  heading: ({ family, table }) => `${family === "ipv6" ? "ip6tables" : "iptables"} -t ${table}`,
  provide: ({ id, ns }, index) => index.addRules(ns, id),
  ruleCause({ family, table, chains }, place) {
    if (family !== place.family || table !== place.table) return undefined;
    const chain = chains.find(({ name }) => name === place.chain);
    return chain?.builtin === false ? chain.rules[place.index]?.cause : undefined;
  },
  translates: ({ family, table }) => (table === "nat" ? [family] : []),
  parts: ({ chains }) =>
    chains.flatMap(({ name, rules }) =>
      rules.map(({ args, cause }) => ({ text: formatIptablesArgs([name, ...args]), cause })),
    ),
  edits: ruleSetEdits,
  plan: iptablesPlan,
  encode: iptablesEncoder,
};

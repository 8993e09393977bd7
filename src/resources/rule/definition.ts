/** Policy routing rules: `ip rule`. */
import type { Family } from "../../net/family.ts";
import { ruleKey } from "../observed-index.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { ruleEncoder } from "./encode.ts";
import { rulePlan } from "./plan.ts";

/** `ip rule`. */
export interface RuleResource extends ResourceBase {
  readonly kind: "rule";
  readonly family: Family;
  readonly priority: number;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly iif?: string | undefined;
  readonly oif?: string | undefined;
  /** `0x80/0x80`. */
  readonly fwmark?: string | undefined;
  readonly table: number;
  /** Priority at which the kernel has this rule of its own; that one goes while this one is there. */
  readonly movedFrom?: number | undefined;
}

export const ruleDefinition: ResourceDefinition<RuleResource> = {
  kind: "rule",
  lives: "kernel",
  speed: "netlink",
  listed: ["rule"],
  metAt: "routing",
  script: "own",
  key: ({ family, priority, from, to, iif, oif, fwmark, table }) => [
    family,
    priority,
    words({ from, to, iif, oif, fwmark, table }),
  ],
  describe: ({ priority, from = "all", to, iif, oif, fwmark, table }) =>
    `rule ${priority}: ${words({ from, to, iif, oif, fwmark, lookup: table })}`,
  provide: ({ id, ns }, index) => index.addRules(ns, id),
  own: (rule, own) => void own.rules.add(ruleKey(rule)),
  plan: rulePlan,
  encode: ruleEncoder,
};

function words(selector: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(selector)
    .flatMap(([word, value]) => (value === undefined ? [] : [`${word} ${value}`]))
    .join(" ");
}

/** Calico's tiers: rules that never decide, Pass in the last tier, and policies of which only their names decide who is first. */
import { formatSource } from "../../cause.ts";
import type { CalicoPolicyModel, CalicoRule } from "../../kube/calico/calico-policy.ts";
import { isCalicoPolicy, policyName } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { AnyPolicy } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { orderedTiers, orderOf } from "../../cluster/policy/calico-order.ts";
import type { OrderedTier } from "../../cluster/policy/calico-order.ts";
import { selectedEndpoints } from "../../cluster/policy/endpoint-labels.ts";
import type { PolicyWorld } from "../../cluster/policy/policy-world.ts";
import type { Direction } from "../../cluster/policy/tiers.ts";
import { mayMeet, ruleCovers, subjectCovers } from "./calico-covers.ts";
import type { LintCheck } from "./lint-check.ts";

const DIRECTIONS = [
  ["ingress", "Ingress"],
  ["egress", "Egress"],
] as const;

const DOES = { allow: "allows", deny: "denies", pass: "passes on", log: "logs" } as const;

interface Placed {
  readonly policy: CalicoPolicyModel;
  readonly rule: CalicoRule;
}

/** A tier's policies that are asked at one time about one direction. */
interface Asked {
  readonly tier: OrderedTier;
  readonly policies: readonly CalicoPolicyModel[];
  readonly rules: readonly Placed[];
  /** Some rule of any policy of the tier may pass a packet on. */
  readonly passes: boolean;
}

const isAsked = (policy: AnyPolicy, stage: CalicoPolicyModel["stage"], direction: Direction): boolean => {
  const type = direction === "ingress" ? "Ingress" : "Egress";
  return isCalicoPolicy(policy)
    ? policy.stage === stage && policy.types.includes(type)
    : stage === "normal" &&
        (policy.kind === "NetworkPolicy" ? policy.types.includes(type) : policy[direction].length > 0);
};

function askedTiers(world: PolicyWorld, stage: CalicoPolicyModel["stage"], direction: Direction): readonly Asked[] {
  return orderedTiers(world).flatMap((tier) => {
    const all = tier.policies.filter((policy) => isAsked(policy, stage, direction));
    const policies = all.filter(isCalicoPolicy);
    const rules = policies.flatMap((policy) => policy[direction].map((rule) => ({ policy, rule })));
    const passes = all.some(
      (policy) => policy.kind !== "NetworkPolicy" && policy[direction].some(({ action }) => action === "pass"),
    );
    return all.length === 0 ? [] : [{ tier, policies, rules, passes }];
  });
}

const STAGES = ["normal", "preDNAT", "untracked"] as const;

/** Rules after which nothing is left for what comes later; those behind one that passes something on need not see all. */
function finalRules({ rules }: Asked): readonly Placed[] {
  const end = rules.findIndex(({ rule }) => rule.action === "pass");
  return (end < 0 ? rules : rules.slice(0, end)).filter(({ rule }) => rule.action !== "log");
}

const isBefore = ({ policy: wide, rule }: Placed, narrow: Placed): boolean =>
  rule.action !== "log" && subjectCovers(wide, narrow.policy) && ruleCovers(rule, narrow.rule);

/** The tier denies at its end all that it has not decided for these endpoints. */
function closedBy(
  before: readonly Asked[],
  { policy }: Placed,
): { readonly by: CalicoPolicyModel; readonly tier: string } | undefined {
  for (const { tier, policies, passes } of before) {
    if (passes || tier.defaultAction !== "Deny") continue;
    const by = policies.find((wide) => subjectCovers(wide, policy));
    if (by !== undefined) return { by, tier: tier.name };
  }
  return undefined;
}

export const shadowedCalicoRule: LintCheck = (world, report) => {
  if (world.calico === undefined) return;
  for (const stage of STAGES)
    for (const [direction] of DIRECTIONS) {
      const tiers = askedTiers(world, stage, direction);
      for (const [t, asked] of tiers.entries()) {
        const earlier = tiers.slice(0, t);
        const final = earlier.flatMap(finalRules);
        for (const [i, narrow] of asked.rules.entries()) {
          const { policy, rule } = narrow;
          const own = asked.rules.slice(0, i).find((one) => isBefore(one, narrow));
          const wide = own ?? final.find((one) => isBefore(one, narrow));
          if (wide !== undefined) {
            const other = wide.policy === policy ? "" : `${policyName(wide.policy)} `;
            report(
              rule.cause.source,
              `${policyName(policy)}: ${rule.cause.reason} never decides: ${other}${wide.rule.cause.reason} (${formatSource(wide.rule.cause.source)}) ${DOES[wide.rule.action]} all of it before${own === undefined ? ` in tier ${wide.policy.tier}` : ""}`,
              own === undefined
                ? "remove this rule, or let the other one pass it on: action: Pass"
                : "the first rule that matches decides: remove this one, or put it before the other, by a lower order or further up",
            );
            continue;
          }
          // The end of a tier is one of normal policies only.
          const closed = stage === "normal" ? closedBy(earlier, narrow) : undefined;
          if (closed !== undefined)
            report(
              rule.cause.source,
              `${policyName(policy)}: ${rule.cause.reason} never decides: ${policyName(closed.by)} (${formatSource(closed.by.cause.source)}) concerns all of its endpoints, and tier ${closed.tier} denies what its rules leave open`,
              `end that tier's policies with a rule action: Pass, or give tier ${closed.tier} defaultAction: Pass`,
            );
        }
      }
    }
};

export const passInLastTier: LintCheck = (world, report) => {
  if (world.calico === undefined) return;
  for (const [direction] of DIRECTIONS) {
    const last = askedTiers(world, "normal", direction).at(-1);
    for (const { policy, rule } of last?.rules ?? [])
      if (rule.action === "pass")
        report(
          rule.cause.source,
          `${policyName(policy)}: ${rule.cause.reason} passes on to no policy: ${policy.tier} is the last tier with ${direction} rules, and the endpoint's profile decides`,
          "a pod's profile allows all, a host endpoint without profile is denied: write action: Allow or Deny, or a policy in a later tier",
        );
  }
};

/** Endpoints that both concern. */
function share(world: PolicyWorld, a: CalicoPolicyModel, b: CalicoPolicyModel): boolean {
  const own = new Set(selectedEndpoints(world, a.selector));
  return selectedEndpoints(world, b.selector).some((one) => own.has(one));
}

/** Rules that do different things to what may be the same packet. */
function quarrel(a: CalicoPolicyModel, b: CalicoPolicyModel): readonly [CalicoRule, CalicoRule] | undefined {
  for (const [direction, type] of DIRECTIONS) {
    if (!a.types.includes(type) || !b.types.includes(type)) continue;
    for (const one of a[direction])
      for (const other of b[direction])
        if (one.action !== other.action && one.action !== "log" && other.action !== "log" && mayMeet(one, other))
          return [one, other];
  }
  return undefined;
}

export const equalOrder: LintCheck = (world, report) => {
  for (const { name, policies } of world.calico === undefined ? [] : orderedTiers(world)) {
    const groups = Map.groupBy(policies.filter(isCalicoPolicy), (policy) => `${orderOf(policy)} ${policy.stage}`);
    for (const group of groups.values())
      for (const [i, b] of group.entries())
        for (const a of group.slice(0, i)) {
          const [one, other] = quarrel(a, b) ?? [];
          if (one === undefined || other === undefined || !share(world, a, b)) continue;
          report(
            b.cause.source,
            `${policyName(b)} and ${policyName(a)} (${formatSource(a.cause.source)}) both have ${b.order === undefined ? "no order" : `order ${b.order}`} in tier ${name}: ${other.cause.reason} ${DOES[other.action]} what ${one.cause.reason} there may ${one.action === "pass" ? "pass on" : one.action}, and only their names decide which is first`,
            `give them different orders; Calico asks ${a.name} first`,
          );
        }
  }
};

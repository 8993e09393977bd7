/** The order in which Calico asks tiers and policies (felix/calc/policy_sorter.go), Kubernetes' own among them. */
import { BUILT_IN_TIERS, KUBERNETES_ORDER } from "../../kube/calico/calico-policy.ts";
import type { BuiltInTier, CalicoTier } from "../../kube/calico/calico-policy.ts";
import { isCalicoPolicy } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { AnyPolicy } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { perObject } from "../../memo.ts";
import { allPolicies } from "./all-policies.ts";
import type { PolicyWorld } from "./policy-world.ts";

export function tierOf(policy: AnyPolicy): string {
  if (isCalicoPolicy(policy)) return policy.tier;
  if (policy.kind === "NetworkPolicy") return "default" satisfies BuiltInTier;
  return (policy.tier === "Admin" ? "kube-admin" : "kube-baseline") satisfies BuiltInTier;
}

/** The lowest first. */
export function orderOf(policy: AnyPolicy): number {
  if (isCalicoPolicy(policy)) return policy.order ?? Infinity;
  return policy.kind === "NetworkPolicy" ? KUBERNETES_ORDER : (policy.priority ?? Infinity);
}

/** What decides between policies of one order: name, namespace, kind. */
function tieKey(policy: AnyPolicy): string {
  const kind = isCalicoPolicy(policy) ? policy.kind.split(".", 1)[0] : `Kubernetes${policy.kind}`;
  return `${policy.name}/${"namespace" in policy ? (policy.namespace ?? "") : ""}/${kind}`;
}

function byOrder(a: AnyPolicy, b: AnyPolicy): number {
  const [first, second] = [orderOf(a), orderOf(b)];
  return first === second ? (tieKey(a) < tieKey(b) ? -1 : 1) : first - second;
}

export interface OrderedTier extends Pick<CalicoTier, "name" | "order" | "defaultAction"> {
  /** In their order. */
  readonly policies: readonly AnyPolicy[];
}

/** Tiers with policies, in their order. One that is not declared comes last. */
export const orderedTiers = perObject((world: PolicyWorld): readonly OrderedTier[] => {
  const policies = Map.groupBy(allPolicies(world), tierOf);
  const known = new Map<string, Pick<CalicoTier, "name" | "order" | "defaultAction">>(
    Object.entries(BUILT_IN_TIERS).map(([name, tier]) => [name, { name, ...tier }]),
  );
  for (const tier of world.calico?.tiers ?? []) known.set(tier.name, tier);
  const tiers = [...policies].map(([name, own]) => ({
    ...(known.get(name) ?? { name, order: undefined, defaultAction: "Deny" as const }),
    policies: own.toSorted(byOrder),
    isKnown: known.has(name),
  }));
  return tiers.toSorted((a, b) => {
    if (a.isKnown !== b.isKnown) return a.isKnown ? -1 : 1;
    const [first, second] = [a.order ?? Infinity, b.order ?? Infinity];
    return first === second ? (a.name < b.name ? -1 : 1) : first - second;
  });
});

/**
 * The order in which policies decide about a pod: tier by tier, within a tier rule by rule, the first that matches. What no
 * tier decides is allowed. Kubernetes' NetworkPolicies are one tier: rules that allow, and a denial at its end.
 */
import { matches } from "../../kube/label-selector.ts";
import type {
  ClusterNetworkPolicyModel,
  PolicyObject,
} from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { PolicyRule } from "../../kube/network-policy/network-policy.ts";
import { namespaceLabels } from "./policy-world.ts";
import type { PolicyWorld, WorldPod } from "./policy-world.ts";

export type Direction = "ingress" | "egress";

/** `pass`: the next tier decides. `log`: the packet is logged, and the next rule decides. */
export type RuleAction = "allow" | "deny" | "pass" | "log";

export interface TierRule {
  readonly action: RuleAction;
  readonly policy: PolicyObject;
  readonly rule: PolicyRule;
  /** Of the policy's rules for the direction, from 1. */
  readonly number: number;
}

/** A tier as it concerns one pod in one direction. */
export interface PodTier {
  readonly tier: TierName;
  /** Those that select the pod for the direction, in their order; at least one. */
  readonly policies: readonly PolicyObject[];
  readonly rules: readonly TierRule[];
  /** The action for a connection that no rule matches. */
  readonly otherwise: "deny" | "pass";
}

type SelectTier = (world: PolicyWorld) => (pod: WorldPod, direction: Direction) => Omit<PodTier, "tier">;

const TYPE = { ingress: "Ingress", egress: "Egress" } as const satisfies Record<Direction, string>;

/** Policies of the pod's namespace: they add up, and isolate what they select. */
const networkPolicies: SelectTier = (world) => {
  const byNamespace = Map.groupBy(world.policies, (policy) => policy.namespace);
  return (pod, direction) => {
    const policies = (byNamespace.get(pod.namespace) ?? []).filter(
      ({ types, podSelector }) => types.includes(TYPE[direction]) && matches(podSelector, pod.labels),
    );
    const rules = policies.flatMap((policy) =>
      policy[direction].map((rule, i): TierRule => ({ action: "allow", policy, rule, number: i + 1 })),
    );
    return { policies, rules, otherwise: "deny" };
  };
};

/** The lowest number first. What the API leaves open, policies of one number, goes by name. */
export function byPriority(a: ClusterNetworkPolicyModel, b: ClusterNetworkPolicyModel): number {
  const [first, second] = [a.priority ?? Infinity, b.priority ?? Infinity];
  return first === second ? (a.name < b.name ? -1 : 1) : first - second;
}

/** Pods in their node's network are not among them: the caller does not ask for those. */
export function isSubject(
  world: PolicyWorld,
  { subject: { namespaceSelector, podSelector } }: ClusterNetworkPolicyModel,
  pod: WorldPod,
): boolean {
  return (
    matches(namespaceSelector, namespaceLabels(world, pod.namespace)) &&
    (podSelector === undefined || matches(podSelector, pod.labels))
  );
}

/** A policy without rules for a direction does not concern it. */
const clusterPolicies =
  (tier: ClusterNetworkPolicyModel["tier"]): SelectTier =>
  (world) => {
    const all = world.clusterPolicies.filter((policy) => policy.tier === tier).toSorted(byPriority);
    return (pod, direction) => {
      const policies = all.filter((policy) => policy[direction].length > 0 && isSubject(world, policy, pod));
      const rules = policies.flatMap((policy) =>
        policy[direction].map((rule, i): TierRule => ({ action: rule.action, policy, rule, number: i + 1 })),
      );
      return { policies, rules, otherwise: "pass" };
    };
  };

/** From the first to the last. */
const TIERS = {
  Admin: clusterPolicies("Admin"),
  NetworkPolicy: networkPolicies,
  Baseline: clusterPolicies("Baseline"),
} as const satisfies Record<string, SelectTier>;

export type TierName = keyof typeof TIERS;

type TiersOf = Readonly<Record<Direction, readonly PodTier[]>>;

class Tiers {
  readonly #selects: readonly (readonly [TierName, ReturnType<SelectTier>])[];
  readonly #known = new Map<WorldPod, TiersOf>();

  constructor(world: PolicyWorld) {
    this.#selects = Object.entries(TIERS).map(([tier, select]) => [tier as TierName, select(world)]);
  }

  of(pod: WorldPod): TiersOf {
    let found = this.#known.get(pod);
    if (found === undefined)
      this.#known.set(pod, (found = { ingress: this.#select(pod, "ingress"), egress: this.#select(pod, "egress") }));
    return found;
  }

  #select(pod: WorldPod, direction: Direction): readonly PodTier[] {
    const tiers: PodTier[] = [];
    for (const [tier, select] of this.#selects) {
      const found = select(pod, direction);
      if (found.policies.length === 0) continue;
      tiers.push({ tier, ...found });
      // It leaves nothing to those after it.
      if (found.otherwise === "deny") break;
    }
    return tiers;
  }
}

const known = new WeakMap<PolicyWorld, Tiers>();

/** The tiers that may decide about a pod, in their order; hostNetwork pods are not policed and must not be asked for. */
export function podTiers(world: PolicyWorld, pod: WorldPod, direction: Direction): readonly PodTier[] {
  let tiers = known.get(world);
  if (tiers === undefined) known.set(world, (tiers = new Tiers(world)));
  return tiers.of(pod)[direction];
}

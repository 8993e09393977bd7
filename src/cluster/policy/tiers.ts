/**
 * The order in which policies decide about a pod: tier by tier, within a tier rule by rule, the first that matches. What no
 * tier decides is allowed. Kubernetes' NetworkPolicies are one tier: rules that allow, and a denial at its end.
 */
import { matches } from "../../kube/label-selector.ts";
import { isCalicoPolicy } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type {
  AnyPolicy,
  ClusterNetworkPolicyModel,
  PolicyObject,
} from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { CalicoPolicyModel, CalicoRule } from "../../kube/calico/calico-policy.ts";
import type { PolicyRule } from "../../kube/network-policy/network-policy.ts";
import { perObject } from "../../memo.ts";
import { orderedTiers } from "./calico-order.ts";
import { selectsPod } from "./endpoint-labels.ts";
import { DEFAULT_SWITCHES, sparesOwnNode } from "./switches.ts";
import { namespaceLabels } from "./world-facts.ts";
import type { PolicyWorld, WorldPod } from "./policy-world.ts";

export type Direction = "ingress" | "egress";

/** `pass`: the next tier decides. `log`: the packet is logged, and the next rule decides. */
export type RuleAction = "allow" | "deny" | "pass" | "log";

interface RuleOf<P, R> {
  readonly action: RuleAction;
  readonly policy: P;
  readonly rule: R;
  /** Of the policy's rules for the direction, from 1. */
  readonly number: number;
}

export type KubeTierRule = RuleOf<PolicyObject, PolicyRule>;
export type CalicoTierRule = RuleOf<CalicoPolicyModel, CalicoRule>;
export type TierRule = KubeTierRule | CalicoTierRule;

export function isCalicoRule(one: TierRule): one is CalicoTierRule {
  return isCalicoPolicy(one.policy);
}

/** A tier as it concerns one pod, or a host endpoint, in one direction. */
export interface PodTier {
  /** Of Kubernetes' own: Admin, NetworkPolicy, Baseline. With policies of Calico's among them: as Calico calls it. */
  readonly tier: string;
  /** Those that select it for the direction, in their order; at least one. */
  readonly policies: readonly AnyPolicy[];
  readonly rules: readonly TierRule[];
  /** The action for a connection that no rule matches. */
  readonly otherwise: "deny" | "pass";
  /** It has no say between a pod and its own node. */
  readonly sparesOwnNode: boolean;
}

type SelectTier = (
  world: PolicyWorld,
) => (pod: WorldPod, direction: Direction) => Omit<PodTier, "tier" | "sparesOwnNode">;

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

/** A policy's rules for a direction, as a tier has them. */
export function rulesOf(policy: AnyPolicy, direction: Direction): readonly TierRule[] {
  if (isCalicoPolicy(policy))
    return policy[direction].map((rule, i) => ({ action: rule.action, policy, rule, number: i + 1 }));
  if (policy.kind === "NetworkPolicy")
    return policy[direction].map((rule, i) => ({ action: "allow", policy, rule, number: i + 1 }));
  return policy[direction].map((rule, i) => ({ action: rule.action, policy, rule, number: i + 1 }));
}

/** Whether a policy concerns a pod in a direction. */
function concerns(world: PolicyWorld, policy: AnyPolicy, pod: WorldPod, direction: Direction): boolean {
  if (isCalicoPolicy(policy))
    return (
      policy.stage === "normal" &&
      policy.types.includes(TYPE[direction]) &&
      (policy.namespace ?? pod.namespace) === pod.namespace &&
      selectsPod(world, policy.selector, pod)
    );
  if (policy.kind === "NetworkPolicy")
    return (
      policy.namespace === pod.namespace &&
      policy.types.includes(TYPE[direction]) &&
      matches(policy.podSelector, pod.labels)
    );
  return policy[direction].length > 0 && isSubject(world, policy, pod);
}

type TiersOf = Readonly<Record<Direction, readonly PodTier[]>>;
type AllTiers = (pod: WorldPod, direction: Direction) => readonly PodTier[];

function kubeTiers(world: PolicyWorld): AllTiers {
  const selects = Object.entries(TIERS).map(([tier, select]) => [tier, select(world)] as const);
  return (pod, direction) =>
    selects.map(([tier, select]) => ({
      tier,
      ...select(pod, direction),
      sparesOwnNode: sparesOwnNode(world.switches ?? DEFAULT_SWITCHES, direction, tier !== "NetworkPolicy"),
    }));
}

/** Where Calico's policies are among them, all are in its tiers. */
function calicoTiers(world: PolicyWorld): AllTiers {
  return (pod, direction) =>
    orderedTiers(world).map(({ name, defaultAction, policies: all }) => {
      const policies = all.filter((policy) => concerns(world, policy, pod, direction));
      return {
        tier: name,
        policies,
        rules: policies.flatMap((policy) => rulesOf(policy, direction)),
        otherwise: defaultAction === "Deny" ? "deny" : "pass",
        sparesOwnNode: sparesOwnNode(world.switches ?? DEFAULT_SWITCHES, direction, name !== "default"),
      };
    });
}

class Tiers {
  readonly #all: AllTiers;
  readonly #known = new Map<WorldPod, TiersOf>();

  constructor(world: PolicyWorld) {
    this.#all = (world.calico?.policies.length ?? 0) === 0 ? kubeTiers(world) : calicoTiers(world);
  }

  of(pod: WorldPod): TiersOf {
    let found = this.#known.get(pod);
    if (found === undefined)
      this.#known.set(pod, (found = { ingress: this.#select(pod, "ingress"), egress: this.#select(pod, "egress") }));
    return found;
  }

  #select(pod: WorldPod, direction: Direction): readonly PodTier[] {
    const tiers: PodTier[] = [];
    for (const found of this.#all(pod, direction)) {
      if (found.policies.length === 0) continue;
      tiers.push(found);
      // It leaves nothing to those after it.
      if (found.otherwise === "deny" && !found.rules.some(({ action }) => action === "pass")) break;
    }
    return tiers;
  }
}

const tiersOf = perObject((world: PolicyWorld) => new Tiers(world));

/** The tiers that may decide about a pod, in their order; hostNetwork pods are not policed and must not be asked for. */
export function podTiers(world: PolicyWorld, pod: WorldPod, direction: Direction): readonly PodTier[] {
  return tiersOf(world).of(pod)[direction];
}

/** ClusterNetworkPolicies, and what came before them, as one model: rules in an order, in one of two tiers. */
import type { Cause } from "../../cause.ts";
import type { CalicoPolicyModel } from "../calico/calico-policy.ts";
import type { LabelSelector, NetworkPolicyModel, PolicyRule } from "../network-policy/network-policy.ts";
import { clusterPrefix, kindedName, namespacedName, objectText } from "../../net/object-ref.ts";

export interface ClusterPolicyRule extends PolicyRule {
  readonly name?: string | undefined;
  readonly action: "allow" | "deny" | "pass";
}

export interface ClusterNetworkPolicyModel {
  /** Absent: the default cluster. */
  readonly cluster?: string | undefined;
  readonly kind: "ClusterNetworkPolicy" | "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy";
  readonly name: string;
  readonly tier: "Admin" | "Baseline";
  /** The lowest first; absent (BaselineAdminNetworkPolicy has none): after all others. */
  readonly priority?: number | undefined;
  /** The pods that it concerns; those in their node's network are never among them. */
  readonly subject: { readonly namespaceSelector: LabelSelector; readonly podSelector?: LabelSelector | undefined };
  readonly ingress: readonly ClusterPolicyRule[];
  readonly egress: readonly ClusterPolicyRule[];
  readonly cause: Cause;
}

/** Kubernetes' own. */
export type PolicyObject = NetworkPolicyModel | ClusterNetworkPolicyModel;

export type AnyPolicy = PolicyObject | CalicoPolicyModel;

/** The CRDs' short names, as kubectl takes them. */
const SHORT_KINDS = {
  ClusterNetworkPolicy: "cnp",
  AdminNetworkPolicy: "anp",
  BaselineAdminNetworkPolicy: "banp",
} as const satisfies Readonly<Record<ClusterNetworkPolicyModel["kind"], string>>;

const CALICO_WORDS = {
  "NetworkPolicy.projectcalico.org": "caliconetworkpolicy",
  GlobalNetworkPolicy: "gnp",
} as const satisfies Readonly<Record<CalicoPolicyModel["kind"], string>>;

export function isCalicoPolicy(policy: AnyPolicy): policy is CalicoPolicyModel {
  return Object.hasOwn(CALICO_WORDS, policy.kind);
}

/** `NetworkPolicy shop/db`, `ClusterNetworkPolicy deny-internet`. */
export function policyName(policy: AnyPolicy): string {
  return "namespace" in policy && policy.namespace !== undefined
    ? kindedName(policy.kind, { namespace: policy.namespace, name: policy.name })
    : `${policy.kind} ${policy.name}`;
}

/** `shop/db` of a NetworkPolicy, whose kind goes without saying; else `ClusterNetworkPolicy deny-internet`. */
export function policyKey(policy: AnyPolicy): string {
  return policy.kind === "NetworkPolicy" ? namespacedName(policy) : policyName(policy);
}

/** As kubectl names it: `netpol/db`, `netpol/shop/db`, `cnp/deny-internet`. */
export function policyWord(policy: AnyPolicy): string {
  const { namespace } = { namespace: undefined, ...policy };
  const word = isCalicoPolicy(policy)
    ? CALICO_WORDS[policy.kind]
    : policy.kind === "NetworkPolicy"
      ? "netpol"
      : SHORT_KINDS[policy.kind];
  return namespace === undefined
    ? `${clusterPrefix(policy.cluster)}${word}/${policy.name}`
    : objectText(word, { ...policy, namespace });
}

/** How a denying rule's log names it: `cnp:3:deny-internet` is the third rule of the direction. */
export function ruleWord({ kind, name }: ClusterNetworkPolicyModel, number: number): string {
  return `${SHORT_KINDS[kind]}:${number}:${name}`;
}

/** What ruleWord() wrote; undefined: it is a list of NetworkPolicies. */
export function readRuleWord(
  word: string,
): { readonly kind: ClusterNetworkPolicyModel["kind"]; readonly number: number; readonly name: string } | undefined {
  const [, short, number, name = ""] = /^(\w+):(\d+):(.*)$/.exec(word) ?? [];
  const kind = (Object.keys(SHORT_KINDS) as ClusterNetworkPolicyModel["kind"][]).find(
    (one) => SHORT_KINDS[one] === short,
  );
  return kind === undefined ? undefined : { kind, number: Number(number), name };
}

/** Rules of tiers that never decide, or for which that is unknown. */
import { formatSource } from "../../cause.ts";
import { policyName } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type {
  ClusterNetworkPolicyModel,
  ClusterPolicyRule,
  PolicyObject,
} from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { matches } from "../../kube/label-selector.ts";
import type { PolicyPeer, PolicyPort, PolicyRule } from "../../kube/network-policy/network-policy.ts";
import { namespaceLabels } from "../../cluster/policy/world-facts.ts";
import { policyObjects, type PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { byPriority, type Direction } from "../../cluster/policy/tiers.ts";
import { isolatingPolicies } from "../policy/policy-oracle.ts";
import { namedPods, selectedPods, someOf, type LintCheck } from "./lint-check.ts";
import { peerCovers, portCovers, selectorCovers } from "./redundant-part.ts";

const DIRECTIONS = ["ingress", "egress"] as const;
const DOES = { allow: "accepts", deny: "denies", pass: "passes on" } as const;

interface Placed<P extends PolicyObject = PolicyObject> {
  readonly policy: P;
  readonly rule: PolicyRule;
}

type PlacedClusterRule = Placed<ClusterNetworkPolicyModel> & { readonly rule: ClusterPolicyRule };

/** All rules of a tier for a direction, as they are tried. */
function tierRules(
  world: PolicyWorld,
  tier: ClusterNetworkPolicyModel["tier"],
  direction: Direction,
): readonly PlacedClusterRule[] {
  const policies = world.clusterPolicies.filter((policy) => policy.tier === tier).toSorted(byPriority);
  return policies.flatMap((policy) => policy[direction].map((rule) => ({ policy, rule })));
}

/** Every pod that `narrow` concerns is one that `wide` concerns. */
function coversSubject(world: PolicyWorld, wide: ClusterNetworkPolicyModel, narrow: PolicyObject): boolean {
  const { namespaceSelector, podSelector } = wide.subject;
  if (narrow.kind !== "NetworkPolicy")
    return (
      selectorCovers(namespaceSelector, narrow.subject.namespaceSelector) &&
      selectorCovers(podSelector, narrow.subject.podSelector)
    );
  const inNamespace = matches(namespaceSelector, namespaceLabels(world, narrow.namespace));
  return inNamespace && selectorCovers(podSelector, narrow.podSelector);
}

/** A NetworkPolicy's own namespace, by the label that every namespace has. */
function inWords(peer: PolicyPeer, policy: PolicyObject): PolicyPeer {
  if (peer.kind !== "pods" || peer.namespaceSelector !== undefined || policy.kind !== "NetworkPolicy") return peer;
  const own = { key: "kubernetes.io/metadata.name", operator: "In", values: [policy.namespace] } as const;
  return { ...peer, namespaceSelector: { requirements: [own] } };
}

function coversPeers(wide: readonly PolicyPeer[], { policy, rule }: Placed): boolean {
  const everywhere = ["0.0.0.0/0", "::/0"].every((cidr) =>
    wide.some((peer) => peer.kind === "ipBlock" && peer.cidr === cidr && peer.except.length === 0),
  );
  if (wide.length === 0 || everywhere) return true;
  return (
    rule.peers.length > 0 &&
    rule.peers.every((narrow) => wide.some((peer) => peerCovers(peer, inWords(narrow, policy))))
  );
}

function coversPorts(wide: readonly PolicyPort[], narrow: readonly PolicyPort[]): boolean {
  if (wide.length === 0) return true;
  return narrow.length > 0 && narrow.every((port) => wide.some((other) => portCovers(other, port)));
}

const covers = (world: PolicyWorld, wide: PlacedClusterRule, narrow: Placed): boolean =>
  coversSubject(world, wide.policy, narrow.policy) &&
  coversPeers(wide.rule.peers, narrow) &&
  coversPorts(wide.rule.ports, narrow.rule.ports);

/** Those before the first rule that passes something on: what comes after it need not see all. */
function finalRules(rules: readonly PlacedClusterRule[]): readonly PlacedClusterRule[] {
  const end = rules.findIndex(({ rule }) => rule.action === "pass");
  return end < 0 ? rules : rules.slice(0, end);
}

export const shadowedRule: LintCheck = (world, report) => {
  if (world.clusterPolicies.length === 0) return;
  const check = (narrow: Placed, before: readonly PlacedClusterRule[]): void => {
    const wide = before.find((one) => covers(world, one, narrow));
    if (wide === undefined) return;
    const { policy, rule } = narrow;
    const other = wide.policy === policy ? "" : `${policyName(wide.policy)} `;
    const tier =
      policy.kind === "NetworkPolicy" || policy.tier !== wide.policy.tier ? ` in tier ${wide.policy.tier}` : "";
    report(
      rule.cause.source,
      `${policyName(policy)}: ${rule.cause.reason} never decides: ${other}${wide.rule.cause.reason} (${formatSource(wide.rule.cause.source)}) ${DOES[wide.rule.action]} all of it before${tier}`,
      tier === ""
        ? "the first rule that matches decides: remove this one, or put it before the other, by a lower priority number or further up"
        : "remove this rule, or let the other one pass what is meant for NetworkPolicies: action: Pass",
    );
  };
  for (const direction of DIRECTIONS) {
    const admin = tierRules(world, "Admin", direction);
    const baseline = tierRules(world, "Baseline", direction);
    const final = finalRules(admin);
    for (const [i, one] of admin.entries()) check(one, admin.slice(0, i));
    for (const policy of world.policies)
      if (policy.types.includes(direction === "ingress" ? "Ingress" : "Egress"))
        for (const rule of policy[direction]) check({ policy, rule }, final);
    for (const [i, one] of baseline.entries()) check(one, [...final, ...baseline.slice(0, i)]);
  }
};

export const overriddenBaseline: LintCheck = (world, report) => {
  for (const policy of world.clusterPolicies) {
    if (policy.tier !== "Baseline") continue;
    const pods = selectedPods(world, policy);
    for (const direction of DIRECTIONS) {
      const [rule] = policy[direction];
      if (rule === undefined || pods.length === 0) continue;
      const isolating = pods.map((pod) => isolatingPolicies(world, pod, direction));
      if (isolating.some((policies) => policies.length === 0)) continue;
      const names = isolating.flat().map(policyName);
      report(
        rule.cause.source,
        `${policyName(policy)}: its ${direction} rules never apply: ${someOf(names)} ${new Set(names).size === 1 ? "isolates" : "isolate"} all of its pods, and the Baseline tier is for the others`,
        "what NetworkPolicies must not change belongs into tier Admin",
      );
    }
  }
};

const inRange = (port: PolicyPort, value: number): boolean =>
  typeof port.port !== "number" || (value >= port.port && value <= (port.endPort ?? port.port));

/** Whether one packet may match both; unknown for names. */
function mayShare(a: readonly PolicyPort[], b: readonly PolicyPort[]): boolean {
  if (a.length === 0 || b.length === 0) return true;
  return a.some((one) =>
    b.some((other) => {
      const sameProtocol =
        one.protocol === undefined || other.protocol === undefined || one.protocol === other.protocol;
      if (typeof one.port !== "number" || typeof other.port !== "number") return sameProtocol;
      return sameProtocol && (inRange(one, other.port) || inRange(other, one.port));
    }),
  );
}

/** Rules of two policies that do different things to what may be the same connection. */
function quarrel(
  world: PolicyWorld,
  [a, b]: readonly [ClusterNetworkPolicyModel, ClusterNetworkPolicyModel],
): readonly [ClusterPolicyRule, ClusterPolicyRule] | undefined {
  for (const direction of DIRECTIONS)
    for (const one of a[direction])
      for (const other of b[direction]) {
        if (one.action === other.action || !mayShare(one.ports, other.ports)) continue;
        const [first, second] = [namedPods(world, a, one), namedPods(world, b, other)];
        const isShared =
          first === undefined || second === undefined ? undefined : first.some((pod) => second.includes(pod));
        if (isShared !== false) return [one, other];
      }
  return undefined;
}

export const equalPriority: LintCheck = (world, report) => {
  const groups = Map.groupBy(world.clusterPolicies, ({ tier, priority }) => `${tier} ${priority ?? ""}`);
  for (const group of groups.values()) {
    const sorted = group.toSorted(byPriority);
    for (const [i, b] of sorted.entries())
      for (const a of sorted.slice(0, i)) {
        const pods = new Set(selectedPods(world, a));
        if (!selectedPods(world, b).some((pod) => pods.has(pod))) continue;
        const [one, other] = quarrel(world, [a, b]) ?? [];
        if (one === undefined || other === undefined) continue;
        report(
          b.cause.source,
          `${policyName(b)} and ${policyName(a)} (${formatSource(a.cause.source)}) both have priority ${b.priority ?? "none"} in tier ${b.tier}: ${other.cause.reason} ${DOES[other.action]} what ${one.cause.reason} there ${DOES[one.action]}, and the API leaves open which decides`,
          "give them different priorities; here the first by name decides, elsewhere the other one may",
        );
      }
  }
};

export const domainNames: LintCheck = (world, report) => {
  for (const policy of policyObjects(world))
    for (const rule of policy.egress)
      for (const peer of rule.peers)
        if (peer.kind === "domainNames")
          report(
            peer.cause.source,
            `${policyName(policy)}: domainNames ${peer.names.slice(0, 3).join(", ")} are not enforced here: packets have addresses, and the verdicts here do not take names into account`,
            "what this rule accepts is judged by the rules after it; add the addresses as networks to see it accepted",
          );
};

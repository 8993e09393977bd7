/** Who could reach a pod, and whom it could reach, by its policies' own words: also pods, namespaces and addresses that are not there yet. */
import { formatSelector } from "../../kube/label-selector.ts";
import type { NetworkPolicyModel, PolicyPeer, PolicyRule } from "../../kube/network-policy/network-policy.ts";
import type { PolicyWorld, WorldPod } from "../../cluster/policy/policy-world.ts";
import type { Direction } from "../../cluster/policy/tiers.ts";
import { formatPort } from "./policy-explain.ts";
import { isolatingPolicies, peerMatches } from "./policy-oracle.ts";

export interface ExposureLine {
  /** `pods app=web of namespace shop`, `everybody`, `10.0.0.0/8 except 10.1.0.0/16`. */
  readonly who: string;
  /** `TCP 80, UDP 53`, `all ports`. */
  readonly ports: string;
  /** None of the pods that are there is meant. */
  readonly nobodyYet: boolean;
  readonly policy: NetworkPolicyModel;
  readonly rule: PolicyRule;
}

/** `open`: no policy isolates the pod in this direction. */
export type Exposure = { readonly kind: "open" } | { readonly kind: "rules"; readonly lines: readonly ExposureLine[] };

export function peerWords(peer: PolicyPeer, namespace: string): string {
  if (peer.kind === "ipBlock")
    return `${peer.cidr}${peer.except.length === 0 ? "" : ` except ${peer.except.join(", ")}`}`;
  const { namespaceSelector, podSelector } = peer;
  const pods =
    podSelector === undefined || podSelector.requirements.length === 0
      ? "all pods"
      : `pods ${formatSelector(podSelector)}`;
  if (namespaceSelector === undefined) return `${pods} of namespace ${namespace}`;
  return namespaceSelector.requirements.length === 0
    ? `${pods} of all namespaces`
    : `${pods} of namespaces ${formatSelector(namespaceSelector)}`;
}

function isThere(world: PolicyWorld, policy: NetworkPolicyModel, peer: PolicyPeer): boolean {
  if (peer.kind === "ipBlock") return true;
  return world.pods.some((pod) => peerMatches(world, policy, peer, { pod, address: pod.addresses[0] ?? "" }));
}

export function exposureOf(world: PolicyWorld, pod: WorldPod, direction: Direction): Exposure {
  const policies = isolatingPolicies(world, pod, direction);
  if (policies.length === 0) return { kind: "open" };
  const lines = policies.flatMap((policy) =>
    policy[direction].flatMap((rule): ExposureLine[] => {
      const ports = rule.ports.length === 0 ? "all ports" : rule.ports.map(formatPort).join(", ");
      if (rule.peers.length === 0) return [{ who: "everybody", ports, nobodyYet: false, policy, rule }];
      return rule.peers.map((peer) => ({
        who: peerWords(peer, policy.namespace),
        ports,
        nobodyYet: !isThere(world, policy, peer),
        policy,
        rule,
      }));
    }),
  );
  return { kind: "rules", lines };
}

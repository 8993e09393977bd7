/** Who could reach a pod, and whom it could reach, according to its policies: including pods, namespaces and addresses that do not exist yet. */
import type { PolicyObject } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { formatSelector } from "../../kube/label-selector.ts";
import type { PolicyPeer } from "../../kube/network-policy/network-policy.ts";
import type { PolicyWorld, WorldPod } from "../../cluster/policy/policy-world.ts";
import { isCalicoRule, podTiers, type Direction, type PodTier, type TierRule } from "../../cluster/policy/tiers.ts";
import { hostTiers } from "../../cluster/policy/host-endpoints.ts";
import type { HostEndpointModel } from "../../kube/calico/calico-policy.ts";
import { ALLOW_PROFILE } from "../../kube/host-endpoint/host-endpoint.ts";
import { STAGE_WORDS } from "./host-reason.ts";
import { selectedEndpoints } from "../../cluster/policy/endpoint-labels.ts";
import { endText, portsText } from "./calico-rules.ts";
import { formatPort } from "./policy-explain.ts";
import { peerMatches } from "./policy-oracle.ts";

export interface ExposureLine extends Pick<TierRule, "action" | "policy" | "rule"> {
  readonly tier: string;
  /** `before DNAT`: of host endpoints, where it is not asked at the usual time. */
  readonly when?: string | undefined;
  /** `pods app=web of namespace shop`, `everybody`, `10.0.0.0/8 except 10.1.0.0/16`. */
  readonly who: string;
  /** `TCP 80, UDP 53`, `all ports`. */
  readonly ports: string;
  /** It matches none of the existing pods. */
  readonly nobodyYet: boolean;
}

/** `open`: no policy applies to the pod in this direction. */
export type Exposure =
  | { readonly kind: "open" }
  | {
      readonly kind: "rules";
      /** In the order in which they decide. */
      readonly lines: readonly ExposureLine[];
      /** What none of them means is denied: NetworkPolicies isolate the pod. */
      readonly isolated: boolean;
    };

export function peerWords(peer: PolicyPeer, policy: PolicyObject): string {
  if (peer.kind === "ipBlock")
    return `${peer.cidr}${peer.except.length === 0 ? "" : ` except ${peer.except.join(", ")}`}`;
  if (peer.kind === "nodes")
    return peer.selector.requirements.length === 0 ? "all nodes" : `nodes ${formatSelector(peer.selector)}`;
  if (peer.kind === "domainNames") return `${peer.names.join(", ")} (names are not enforced here)`;
  const { namespaceSelector, podSelector } = peer;
  const pods =
    podSelector === undefined || podSelector.requirements.length === 0
      ? "all pods"
      : `pods ${formatSelector(podSelector)}`;
  if (namespaceSelector === undefined)
    return `${pods} of namespace ${policy.kind === "NetworkPolicy" ? policy.namespace : ""}`;
  return namespaceSelector.requirements.length === 0
    ? `${pods} of all namespaces`
    : `${pods} of namespaces ${formatSelector(namespaceSelector)}`;
}

function isThere(world: PolicyWorld, policy: PolicyObject, peer: PolicyPeer): boolean {
  if (peer.kind === "nodes") return world.nodes.length > 0;
  if (peer.kind !== "pods") return true;
  return world.pods.some((pod) => peerMatches(world, policy, peer, { pod, address: pod.addresses[0] ?? "" }));
}

export function exposureOf(world: PolicyWorld, pod: WorldPod, direction: Direction): Exposure {
  const tiers = podTiers(world, pod, direction);
  if (tiers.length === 0) return { kind: "open" };
  return {
    kind: "rules",
    lines: exposureLines(world, tiers, direction),
    isolated: tiers.at(-1)?.otherwise === "deny",
  };
}

/** Of what a node itself gets and sends by the endpoint's interface, besides failsafe ports. */
export function hostExposure(world: PolicyWorld, endpoint: HostEndpointModel, direction: Direction): Exposure {
  const tiers = (["untracked", "preDNAT", "normal"] as const).map(
    (stage) => [stage, hostTiers(world, endpoint, stage, direction)] as const,
  );
  const lines = tiers.flatMap(([stage, found]) =>
    exposureLines(world, found, direction).map((line) => ({ ...line, when: STAGE_WORDS[stage] })),
  );
  const last = tiers.at(-1)?.[1].at(-1)?.otherwise;
  const isolated = last === "deny" || !endpoint.profiles.includes(ALLOW_PROFILE);
  return lines.length === 0 && !isolated ? { kind: "open" } : { kind: "rules", lines, isolated };
}

function exposureLines(world: PolicyWorld, tiers: readonly PodTier[], direction: Direction): readonly ExposureLine[] {
  return tiers.flatMap(({ tier, rules }) =>
    rules.flatMap((one): ExposureLine[] => {
      if (isCalicoRule(one)) {
        const [near, far] =
          direction === "ingress" ? [one.rule.destination, one.rule.source] : [one.rule.source, one.rule.destination];
        const who = endText(far);
        const nobodyYet = far.selector !== undefined && selectedEndpoints(world, far.selector).length === 0;
        const { action, policy, rule } = one;
        const ports = portsText(rule, direction === "ingress" ? near : far);
        return [{ tier, action, policy, rule, ports, who: who === "" ? "everybody" : who, nobodyYet }];
      }
      const { action, policy, rule } = one;
      const ports = rule.ports.length === 0 ? "all ports" : rule.ports.map(formatPort).join(", ");
      const base = { tier, action, policy, rule, ports };
      if (rule.peers.length === 0) return [{ ...base, who: "everybody", nobodyYet: false }];
      return rule.peers.map((peer) => ({
        ...base,
        who: peerWords(peer, policy),
        nobodyYet: !isThere(world, policy, peer),
      }));
    }),
  );
}

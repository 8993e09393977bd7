/** A host endpoint's verdict in words. */
import { policyName } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { HostVerdict } from "./policy-oracle.ts";

/** When a stage is asked; of the usual one nothing. */
export const STAGE_WORDS = {
  untracked: "before connection tracking",
  preDNAT: "before DNAT",
  normal: undefined,
  forward: "of what it forwards",
} as const satisfies Record<HostVerdict["stage"], string | undefined>;

const REASON = {
  failsafe: "failsafe port",
  profile: "its profile allows the rest",
  "no-profile": "no policy and no profile allows it",
  "no-policy": "no policy",
} as const satisfies Partial<Record<HostVerdict["reason"], string>>;

/** `isolated by GlobalNetworkPolicy x`, `failsafe port`. */
export function hostCause({ reason, decidedBy, isolatedBy }: HostVerdict): string {
  if (decidedBy !== undefined) return `${policyName(decidedBy.policy)} ${decidedBy.rule.cause.reason}`;
  return reason === "isolated" || reason === "rule"
    ? `isolated by ${isolatedBy.map(policyName).join(", ")}`
    : REASON[reason];
}

/** `HostEndpoint node1-eth0 (node1 eth0) ingress before DNAT`. */
export function hostPlace({ endpoint, node, device, direction, stage }: HostVerdict): string {
  const when = STAGE_WORDS[stage] === undefined ? "" : ` ${STAGE_WORDS[stage]}`;
  return `HostEndpoint ${endpoint.name} (${node} ${device}) ${direction}${when}`;
}

/** `HostEndpoint node1-eth0 (node1 eth0) ingress before DNAT: GlobalNetworkPolicy node-ports ingress[0]`. */
export function hostReason(verdict: HostVerdict): string {
  return `${hostPlace(verdict)}: ${hostCause(verdict)}`;
}

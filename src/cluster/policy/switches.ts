/** How network plugins differ when they enforce the same policies. The defaults apply to plugins without switches. */

export interface PolicySwitches {
  /** An ipBlock also means pods and nodes that have such an address; false: addresses outside of the cluster only (Cilium). */
  readonly ipBlockMatchesPods: boolean;
  /** Between a pod and its own node the NetworkPolicies have no say (kubelet's probes). */
  readonly nodeAlwaysAllowed: boolean;
  /** `reject`: the sender is answered by ICMP (port unreachable) instead of waiting in vain. */
  readonly denyAs: "drop" | "reject";
}

export const DEFAULT_SWITCHES: PolicySwitches = {
  ipBlockMatchesPods: true,
  nodeAlwaysAllowed: true,
  denyAs: "drop",
};

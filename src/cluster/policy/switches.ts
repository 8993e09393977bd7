/** How network plugins differ when they enforce the same policies. The defaults apply to plugins without switches. */

export interface PolicySwitches {
  /** An ipBlock also means pods and nodes that have such an address; false: addresses outside of the cluster only (Cilium). */
  readonly ipBlockMatchesPods: boolean;
  /**
   * Between a pod and its own node the NetworkPolicies have no say. `ingress`: only in what the node sends (kubelet's probes); what
   * pods send to their node is judged.
   */
  readonly nodeAlwaysAllowed: boolean | "ingress";
  /** `reject`: the sender is answered by ICMP (port unreachable) instead of waiting in vain. */
  readonly denyAs: "drop" | "reject";
  /**
   * What pods send is judged before Services translate its destination: rules see the Service's address and port (the AWS policy
   * agent, at the pod's veth). Kubernetes leaves open which of the two it is.
   */
  readonly beforeDNAT: boolean;
}

export const DEFAULT_SWITCHES: PolicySwitches = {
  ipBlockMatchesPods: true,
  nodeAlwaysAllowed: true,
  denyAs: "drop",
  beforeDNAT: false,
};

/** Whether NetworkPolicies leave out what a pod gets from its own node (ingress) or sends to it (egress). */
export function sparesOwnNode({ nodeAlwaysAllowed }: PolicySwitches, direction: "ingress" | "egress"): boolean {
  return nodeAlwaysAllowed === true || nodeAlwaysAllowed === direction;
}

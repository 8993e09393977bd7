/** How network plugins differ when they enforce the same policies. The defaults apply to plugins without switches. */

export interface PolicySwitches {
  /** An ipBlock also means pods and nodes that have such an address; false: addresses outside of the cluster only (Cilium). */
  readonly ipBlockMatchesPods: boolean;
  /**
   * Between a pod and its own node the NetworkPolicies have no say. `ingress`: only in what the node sends (kubelet's probes); what
   * pods send to their node is judged.
   */
  readonly nodeAlwaysAllowed: boolean | "ingress";
  /** What is spared between a pod and its own node is spared by cluster-wide policies, too. */
  readonly sparesInAllTiers?: true | undefined;
  /** `reject`: the sender is answered by ICMP (port unreachable) instead of waiting in vain. */
  readonly denyAs: "drop" | "reject";
  /**
   * What pods send is judged before Services translate its destination: rules see the Service's address and port (the AWS policy
   * agent, at the pod's veth). Kubernetes leaves open which of the two it is.
   */
  readonly beforeDNAT: boolean;
  /** What one ipBlock of a rule leaves out no other block of the rule means, unless by a longer prefix (kube-router: one set). */
  readonly blocksShareExceptions: boolean;
  /**
   * `numbers`: a port's name is looked up among the pods that the rule selects, and means these numbers: in egress without peers
   * anywhere, beside an ipBlock in egress nothing; a rule whose names mean nothing is one without ports (kube-router).
   */
  readonly namedPorts: "destination" | "numbers";
}

export const DEFAULT_SWITCHES: PolicySwitches = {
  ipBlockMatchesPods: true,
  nodeAlwaysAllowed: true,
  denyAs: "drop",
  beforeDNAT: false,
  blocksShareExceptions: false,
  namedPorts: "destination",
};

/** Whether a tier leaves out what a pod gets from its own node (ingress) or sends to it (egress). `wide`: it is not that of NetworkPolicies. */
export function sparesOwnNode(
  { nodeAlwaysAllowed, sparesInAllTiers }: PolicySwitches,
  direction: "ingress" | "egress",
  wide = false,
): boolean {
  if (wide && sparesInAllTiers !== true) return false;
  return nodeAlwaysAllowed === true || nodeAlwaysAllowed === direction;
}

/** What a plugin makes of policies, as sentences for a reader who compares plugins. */
export function policyTexts(switches: PolicySwitches): readonly string[] {
  return [
    switches.ipBlockMatchesPods
      ? "an ipBlock also means pods and nodes with such an address"
      : "an ipBlock means addresses outside of the cluster only",
    { true: "policies have no say between a pod and its own node", ingress: "policies have no say in what a node sends to its own pods", false: "policies apply between a pod and its own node, too" }[String(switches.nodeAlwaysAllowed)] ?? "", // prettier-ignore
    switches.denyAs === "drop" ? "a denied packet is dropped: the sender waits in vain" : "a denied packet is answered: the sender is refused at once", // prettier-ignore
    switches.beforeDNAT ? "rules see a Service's address" : "rules see the pod behind a Service",
    ...(switches.blocksShareExceptions ? ["exceptions of one ipBlock hold for the others of its rule"] : []),
    ...(switches.namedPorts === "numbers" ? ["a port's name means numbers, and all ports where no pod has it"] : []),
  ];
}

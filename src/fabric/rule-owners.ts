/**
 * Who has a say in the iptables of a namespace, in the order in which their rules stand in a chain that several of them use.
 * Rules with `insert` stand in front of all. A new participant (a mesh, another plugin) is one more word here.
 */
export const RULE_OWNERS = [
  /** NetworkPolicies judge before anything else may accept a packet. */
  "policy",
  /** kube-proxy prepends its jumps. */
  "kube-proxy",
  /** CNI's portmap prepends its jump for masquerading. */
  "portmap",
  /** The network plugin, and portmap's other rules. */
  "cni",
  /** What kube-proxy in userspace mode appends. */
  "kube-proxy-last",
  /** The lab file's own. */
  "user",
] as const;

export type RuleOwner = (typeof RULE_OWNERS)[number];

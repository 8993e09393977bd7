/** Who makes rules of netfilter in a namespace. */

/** In the order of their rules in a chain that several of them use. A new participant (a mesh, another plugin) is one more word here. */
export const RULE_OWNERS = [
  /** NetworkPolicies judge before anything else may accept a packet. */
  "policy",
  "kube-proxy",
  /** The CNI plugin portmap, which runs for each pod: no daemon. */
  "portmap",
  /** The network plugin's daemon. */
  "cni",
  /** A network plugin's daemon that enforces policies too, in one with its other rules. */
  "cni-policy",
  /** The lab file's own. */
  "user",
] as const;

export type RuleOwner = (typeof RULE_OWNERS)[number];

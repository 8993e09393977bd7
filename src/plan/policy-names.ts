/** Names by which the agent finds what the rules of NetworkPolicies have to tell. */

/** NFLOG's group of denied packets: the rules log to it, the agent (or `tcpdump -i nflog:100` on the node) listens to it. */
export const DENIED_GROUP = 100;
/** What FORWARD jumps to, and nftables' table. */
export const POLICY_CHAIN = "NP-FORWARD";
export const POLICY_TABLE = "k8snet-policy";

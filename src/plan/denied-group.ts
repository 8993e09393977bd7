/** NFLOG's group of denied packets: the rules log to it, the agent (or `tcpdump -i nflog:100` on the node) listens to it. */
export const DENIED_GROUP = 100;

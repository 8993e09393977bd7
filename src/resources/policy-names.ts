/** Names by which the agent recognises the rules of NetworkPolicies, and the planner which backend enforces them. */
import type { Family } from "../net/family.ts";
import type { Resource } from "./resource.ts";

/** NFLOG's group of denied packets: the rules log to it, the agent (or `tcpdump -i nflog:100` on the node) listens to it. */
export const DENIED_GROUP = 100;
/** NFLOG's group of packets that a rule only logs. */
export const LOGGED_GROUP = 101;
/** A denying rule's comment: pod, direction, and what denies, `x/p1, x/p2` or a rule. */
export const DENIED_COMMENT = String.raw`"(\S+) (ingress|egress) denied: (?:isolated by|rule) ([^"]*)"`;
/** What FORWARD jumps to, and nftables' table. */
export const POLICY_CHAIN = "NP-FORWARD";
/** What mangle's PREROUTING jumps to, where policies see packets before Services translate them. */
export const POLICY_CHAIN_BEFORE = "NP-PREROUTING";
export const POLICY_TABLE = "k8snet-policy";
/** Felix' in nftables mode: everything of Calico's. */
export const CALICO_TABLE = "calico";
/** Felix' chain of a pod: what its device gets, what it sends. */
export const ENDPOINT_CHAIN = /^(?:filter-)?cali-[tf]w-(.*)$/;
/** Felix' way into policies. */
export const FELIX_CHAIN = "cali-FORWARD";
/** kube-router's rule for what no policy of a pod lets pass, in the pod's chain. */
export const POD_REJECT = /-A KUBE-POD-FW-\S+ .*"(\S+) reject"/;
/** Those that rules of policies are behind: the backends', Felix', and kube-router's. */
export const JUDGING_CHAINS: ReadonlySet<string> = new Set([
  POLICY_CHAIN,
  POLICY_CHAIN_BEFORE,
  "cali-INPUT",
  FELIX_CHAIN,
  "KUBE-ROUTER-INPUT",
  "KUBE-ROUTER-FORWARD",
  "KUBE-ROUTER-OUTPUT",
]);
/** The same in nftables: a table, and its base chains with rules about it; absent: all. */
export const JUDGING_TABLES: ReadonlyMap<string, { readonly hooks?: ReadonlySet<string> }> = new Map([
  [POLICY_TABLE, {}],
  [CALICO_TABLE, { hooks: new Set(["input", "forward"]) }],
]);

/** Names that identify the rules of a mode of kube-proxy; nftables' table. */
export const SERVICE_CHAINS: ReadonlySet<string> = new Set(["KUBE-SERVICES", "KUBE-PORTALS-CONTAINER"]);
export const SERVICE_TABLE = "kube-proxy";
/** The device that has all Services' addresses in mode ipvs. */
export const SERVICE_DEVICE = "kube-ipvs0";
/** Of kube-proxy, and of kube-router's service proxy. */
export const SERVICE_DEVICES: ReadonlySet<string> = new Set([SERVICE_DEVICE, "kube-dummy-if"]);

/** What a node's rules uphold, see KindPlan.upholds. */
export function policyDuty(ns: string, family: Family): string {
  return `${ns} NetworkPolicy ${family}`;
}

/** Rules of its namespace deny packets by NetworkPolicies. */
export function deniesByPolicy(resource: Resource): boolean {
  if (resource.kind === "nft") return resource.table === POLICY_TABLE;
  return resource.kind === "iptables" && resource.chains.some((chain) => chain.name === POLICY_CHAIN);
}

export function serviceDuty(ns: string, family: Family): string {
  return `${ns} Services ${family}`;
}

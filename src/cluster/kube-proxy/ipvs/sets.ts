/** The sets of kube-proxy's ipvs mode: names, types and comments as upstream has them (kubernetes pkg/proxy/ipvs/ipset.go). */
import type { Cause } from "../../../cause.ts";
import type { Spec } from "../../../fabric/topology.ts";
import type { Family } from "../../../net/family.ts";

type SetType = Spec<"ipset">["type"];

export const IPVS_SETS = {
  "KUBE-LOOP-BACK": ["hash:ip,port,ip", "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose"],
  "KUBE-CLUSTER-IP": ["hash:ip,port", "Kubernetes service cluster ip + port for masquerade purpose"],
  "KUBE-EXTERNAL-IP": ["hash:ip,port", "Kubernetes service external ip + port for masquerade and filter purpose"],
  "KUBE-EXTERNAL-IP-LOCAL": ["hash:ip,port", "Kubernetes service external ip + port with externalTrafficPolicy=local"],
  "KUBE-LOAD-BALANCER": ["hash:ip,port", "Kubernetes service lb portal"],
  "KUBE-LOAD-BALANCER-FW": [
    "hash:ip,port",
    "Kubernetes service load balancer ip + port for load balancer with sourceRange",
  ],
  "KUBE-LOAD-BALANCER-LOCAL": [
    "hash:ip,port",
    "Kubernetes service load balancer ip + port with externalTrafficPolicy=local",
  ],
  "KUBE-LOAD-BALANCER-SOURCE-IP": [
    "hash:ip,port,ip",
    "Kubernetes service load balancer ip + port + source IP for packet filter purpose",
  ],
  "KUBE-LOAD-BALANCER-SOURCE-CIDR": [
    "hash:ip,port,net",
    "Kubernetes service load balancer ip + port + source cidr for packet filter purpose",
  ],
  "KUBE-NODE-PORT-TCP": ["bitmap:port", "Kubernetes nodeport TCP port for masquerade purpose"],
  "KUBE-NODE-PORT-LOCAL-TCP": ["bitmap:port", "Kubernetes nodeport TCP port with externalTrafficPolicy=local"],
  "KUBE-NODE-PORT-UDP": ["bitmap:port", "Kubernetes nodeport UDP port for masquerade purpose"],
  "KUBE-NODE-PORT-LOCAL-UDP": ["bitmap:port", "Kubernetes nodeport UDP port with externalTrafficPolicy=local"],
  "KUBE-NODE-PORT-SCTP-HASH": [
    "hash:ip,port",
    "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'",
  ],
  "KUBE-NODE-PORT-LOCAL-SCTP-HASH": [
    "hash:ip,port",
    "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
  ],
  "KUBE-HEALTH-CHECK-NODE-PORT": ["bitmap:port", "Kubernetes health check node port"],
  "KUBE-IPVS-IPS": ["hash:ip", "Kubernetes IPVS service ips"],
} as const satisfies Record<string, readonly [SetType, string]>;

export type IpvsSetName = keyof typeof IPVS_SETS;

/** IPSET_MAXNAMELEN less the terminating zero. */
const MAX_NAME = 31;

/** `KUBE-6-CLUSTER-IP` for IPv6. */
export function ipvsSetName(name: IpvsSetName, family: Family): string {
  return family === "ipv6" ? name.replace("KUBE-", "KUBE-6-").slice(0, MAX_NAME) : name;
}

/** The sets of one family under construction. All of them exist, even those without entries. */
export class IpvsSets {
  readonly #family: Family;
  readonly #entries = new Map<IpvsSetName, Set<string>>();

  constructor(family: Family) {
    this.#family = family;
  }

  add(name: IpvsSetName, ...entries: readonly string[]): void {
    const set = this.#entries.get(name) ?? new Set<string>();
    this.#entries.set(name, set);
    for (const entry of entries) set.add(entry);
  }

  isEmpty(name: IpvsSetName): boolean {
    return (this.#entries.get(name)?.size ?? 0) === 0;
  }

  list(cause: Cause): readonly Spec<"ipset">[] {
    return (Object.keys(IPVS_SETS) as IpvsSetName[]).map((name) => ({
      kind: "ipset",
      owner: "kube-proxy",
      family: this.#family,
      name: ipvsSetName(name, this.#family),
      type: IPVS_SETS[name][0],
      entries: [...(this.#entries.get(name) ?? [])].toSorted(),
      cause,
    }));
  }
}

/**
 * Services and their endpoints as kube-proxy and the cluster DNS see them: every address, port and policy resolved,
 * defaults filled as the API server fills them. Made by kube/service/resolve-service.ts and kube/endpoint-slice/endpoint-slices.ts.
 */
import type { ServiceProtocol } from "../../net/protocol.ts";
import type { Cause } from "../../cause.ts";
import type { Family, PerFamily } from "../../net/family.ts";
import type { DnsServerSpec, RecordZone } from "../../resources/dns/zone.ts";

export interface ServicePort {
  /** Empty string for an unnamed port. */
  readonly name: string;
  readonly protocol: ServiceProtocol;
  readonly port: number;
  /** Number, or the name of a container port (may differ per pod). */
  readonly targetPort: number | string;
  /** 0: none. */
  readonly nodePort: number;
  readonly appProtocol?: string | undefined;
  readonly cause: Cause;
}

export interface ServiceModel {
  /** Absent: the default cluster. */
  readonly cluster?: string | undefined;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly type: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
  readonly headless: boolean;
  /** In the order of ipFamilies; empty for headless and ExternalName. */
  readonly clusterIPs: readonly string[];
  readonly ipFamilies: readonly Family[];
  readonly externalName?: string | undefined;
  readonly ports: readonly ServicePort[];
  /** Absent: endpoints come from EndpointSlices in the lab file. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
  readonly externalIPs: readonly string[];
  /** status.loadBalancer.ingress, given or allocated; entries with ipMode Proxy get no rules. */
  readonly loadBalancerIPs: readonly { readonly ip: string; readonly ipMode: "VIP" | "Proxy" }[];
  readonly loadBalancerSourceRanges: readonly string[];
  readonly internalTrafficPolicy: "Cluster" | "Local";
  readonly externalTrafficPolicy: "Cluster" | "Local";
  /** 0: none. */
  readonly healthCheckNodePort: number;
  /** ClientIP affinity timeout in seconds; absent: none. */
  readonly affinitySeconds?: number | undefined;
  readonly publishNotReadyAddresses: boolean;
  readonly trafficDistribution?: string | undefined;
  readonly cause: Cause;
}

export interface Endpoint {
  /** One address in practice; kube-proxy uses the first. */
  readonly addresses: readonly string[];
  /** Absent conditions: ready true, serving = ready, terminating false (ground truth 1.1). */
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName?: string | undefined;
  readonly hostname?: string | undefined;
  readonly zone?: string | undefined;
  /** Zones and nodes whose clients should use this endpoint (trafficDistribution, KEP-2433, KEP-3015). */
  readonly hints?: { readonly forZones: readonly string[]; readonly forNodes: readonly string[] } | undefined;
  /** `default/web-0` */
  readonly pod?: string | undefined;
  readonly cause: Cause;
}

export interface EndpointSliceModel {
  readonly namespace: string;
  readonly name: string;
  /** Label kubernetes.io/service-name. */
  readonly service: string;
  readonly family: Family;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: ServiceProtocol }[];
  readonly endpoints: readonly Endpoint[];
  readonly cause: Cause;
}

/** What carries a Service's packets, and by whose rules. Modes of kube-proxy may share one. */
export type ProxyEngine = "iptables" | "nftables" | "userspace" | "ipvs" | "kube-router";

export interface KubeProxySpec {
  /** A mode of cluster/kube-proxy/modes.ts: kube-proxy's, or a network plugin's own. */
  readonly mode: string;
  readonly masqueradeAll: boolean;
  /** CIDRs; absent: all local addresses (iptables), the primary address (nftables, kube-router). */
  readonly nodePortAddresses?: readonly string[] | undefined;
  readonly localhostNodePorts: boolean;
  /** Mode ipvs only. */
  readonly ipvs?: { readonly scheduler: string; readonly strictARP: boolean } | undefined;
  /** False: UDP flows to endpoints that are gone are kept. kube-proxy always deletes them; a lab may show why. */
  readonly conntrackCleanup?: boolean | undefined;
  /** kube-proxy's conntrack.tcpBeLiberal: no rule drops what conntrack calls INVALID. */
  readonly tcpBeLiberal?: boolean | undefined;
  readonly cause: Cause;
}

/** What one kube-proxy instance (one node, one family) works from. */
export interface ProxyInput {
  readonly family: Family;
  readonly nodeName: string;
  /** The node's label topology.kubernetes.io/zone. */
  readonly zone?: string | undefined;
  /** All addresses of the node in this family, the primary one first. */
  readonly nodeIPs: readonly string[];
  /** Whole-cluster pod CIDR of this family: the local-traffic detector; absent: no detector. */
  readonly podCIDR?: string | undefined;
  readonly serviceCIDR?: string | undefined;
  /** The node's own part of the pod network. */
  readonly nodeCIDR?: string | undefined;
  /** Bytes, of the node's uplink. */
  readonly mtu?: number | undefined;
  /** False: the node's pods are on no bridge. */
  readonly bridged?: boolean | undefined;
  readonly services: readonly ServiceModel[];
  readonly slices: readonly EndpointSliceModel[];
  readonly proxy: KubeProxySpec;
}

export interface ClusterDnsSpec {
  readonly enabled: boolean;
  /** `cluster.local` */
  readonly domain: string;
  /** The kube-dns Service's address per family: the tenth of the service CIDR. */
  readonly clusterIP: PerFamily<string>;
  readonly replicas: number;
  readonly pods: "disabled" | "insecure" | "verified";
  readonly ttl: number;
  /** Options of CoreDNS that kubeadm does not set. */
  readonly zonal?: boolean | undefined;
  readonly ignoreEmptyService?: boolean | undefined;
  /** False: the server has not synced with the API server. */
  readonly synced?: boolean | undefined;
  /** Upstream servers for names outside the cluster. */
  readonly upstream: readonly string[];
  readonly stubs?: DnsServerSpec["stubs"];
  /** Records that the server has besides the cluster's (CoreDNS's plugins `hosts` and `template`). */
  readonly records?: RecordZone | undefined;
}

/** The data of a DNS server of the lab: the zones that it answers for, and the servers that it asks for everything else. */
import type { ServiceProtocol } from "../../net/protocol.ts";

export interface DnsServerSpec {
  readonly port: number;
  readonly zones: readonly DnsZone[];
  /** Addresses of servers that are asked for names in none of the zones; without any such names fail (SERVFAIL). */
  readonly forward: readonly string[];
  /** Domains that other servers are asked for, before any zone: the longest one counts (a server block of their own in CoreDNS). */
  readonly stubs?: readonly { readonly domain: string; readonly servers: readonly string[] }[] | undefined;
}

export type DnsZone = KubernetesZone | RecordZone;

/** The records of a cluster, as CoreDNS's plugin `kubernetes` makes them from Services and EndpointSlices. */
export interface KubernetesZone {
  readonly kind: "kubernetes";
  /** The first is the cluster's domain, the others reverse zones: `cluster.local`, `in-addr.arpa`, `ip6.arpa`. */
  readonly domains: readonly string[];
  /** Domains whose unknown names are forwarded (CoreDNS: `fallthrough`). */
  readonly fallthrough: readonly string[];
  readonly ttl: number;
  readonly pods: "disabled" | "insecure" | "verified";
  /** Names exist only under these. */
  readonly namespaces: readonly string[];
  readonly services: readonly DnsService[];
  readonly endpoints: readonly DnsEndpoints[];
  /** `NAMESPACE/ADDRESS` of every pod; needed for `pods: verified` only. */
  readonly podAddresses: readonly string[];
  /** The server's own addresses: by them it finds its own Service, for NS records. */
  readonly own: readonly string[];
  /** CoreDNS's option `ignore empty_service`: a Service with a cluster IP but without a ready endpoint does not exist. */
  readonly ignoreEmpty?: boolean | undefined;
  /** The server has not synced with the API server: unknown names may exist, and fail (SERVFAIL). */
  readonly unsynced?: boolean | undefined;
  /** CoreDNS's option `zonal`: `us-west-2a.pin._zone.web.default.svc.cluster.local`. */
  readonly zonal?: boolean | undefined;
  /** An imported Service's endpoints are named under their cluster: `web-0.cluster1.web.ns.svc.clusterset.local`. */
  readonly multicluster?: boolean | undefined;
}

export interface DnsService {
  readonly namespace: string;
  readonly name: string;
  /** Empty for headless and ExternalName Services. */
  readonly clusterIPs: readonly string[];
  readonly externalName?: string | undefined;
  readonly ports: readonly { readonly name: string; readonly protocol: ServiceProtocol; readonly port: number }[];
}

/** The ready endpoints of one EndpointSlice. */
export interface DnsEndpoints {
  readonly namespace: string;
  readonly service: string;
  /** Source cluster of an imported slice. */
  readonly cluster?: string | undefined;
  readonly ports: DnsService["ports"];
  readonly addresses: readonly {
    readonly ip: string;
    readonly hostname?: string | undefined;
    readonly zone?: string | undefined;
  }[];
}

/** Records as in a zone file; other names do not exist. */
export interface RecordZone {
  readonly kind: "records";
  /** `.` for all names that there are. */
  readonly domain: string;
  readonly ttl: number;
  /** Names that it does not have are forwarded (CoreDNS: `fallthrough`). */
  readonly fallthrough?: boolean | undefined;
  readonly records: readonly {
    /** `*.apps.example.com` matches all names below that have no records of their own (RFC 4592). */
    readonly name: string;
    readonly type: "A" | "AAAA" | "CNAME" | "PTR";
    readonly data: string;
  }[];
}

/**
 * The raw layer: network namespaces and what is in them, in containerlab's and iproute2's terms.
 * Lab files write it directly (`spec.topology`); the cluster layer compiles to it. One type, one planner.
 */
import type { TopologyIptables } from "../resources/iptables/topology-rule.ts";
import type { Cause } from "../cause.ts";
import type { VolumeModel, VolumeMount } from "../resources/volume/model.ts";
import type { DnsServerSpec } from "../resources/dns/zone.ts";
import type { ConntrackResource } from "../resources/conntrack/definition.ts";
import type { IpsetResource } from "../resources/ipset/definition.ts";
import type { IpvsResource } from "../resources/ipvs/definition.ts";
import type { NftResource } from "../resources/nft/definition.ts";
import type { Family } from "../net/family.ts";
import type { NetnsResource } from "../resources/netns/definition.ts";
import type { ProxySpec } from "../resources/proxy/definition.ts";
import type { ServiceHealth } from "../resources/server/definition.ts";
import type { WatchSpec } from "../resources/watch/definition.ts";

export interface Topology {
  readonly nodes: readonly TopologyNode[];
  readonly links: readonly TopologyLink[];
}

export interface TopologyNode {
  /** Lab-internal namespace name (see resources/resource.ts). */
  readonly name: string;
  readonly role: NetnsResource["role"];
  /** Machine it lives on; itself unless it is a pod. */
  readonly node: string;
  readonly pod?: { readonly namespace: string; readonly name: string } | undefined;
  readonly interfaces: readonly TopologyInterface[];
  readonly bridges: readonly TopologyBridge[];
  readonly vxlans: readonly TopologyVxlan[];
  /** Only the cluster layer makes them. */
  readonly dummies: readonly TopologyInterface[];
  readonly routes: readonly TopologyRoute[];
  readonly rules: readonly TopologyRule[];
  readonly neighbors: readonly {
    readonly to: string;
    /** Absent only with `proxy`. */
    readonly mac?: string | undefined;
    /** Answers on `dev` for an address that is elsewhere; only the cluster layer makes them. */
    readonly proxy?: boolean | undefined;
    readonly dev: string;
    readonly cause: Cause;
  }[];
  readonly fdb: readonly {
    readonly mac: string;
    readonly dev: string;
    readonly dst?: string | undefined;
    readonly cause: Cause;
  }[];
  readonly sysctls: readonly {
    readonly key: string;
    readonly value: string;
    /** Ignored where the kernel does not have it. */
    readonly optional?: boolean | undefined;
    readonly cause: Cause;
  }[];
  /** Own chains that must exist, rules and policies, in order. */
  readonly iptables: readonly TopologyIptables[];
  /** Sets for `--match-set`; their names and entries as in resources/resource.ts. */
  readonly ipsets: readonly TopologyIpset[];
  /** Virtual servers; only the cluster layer makes them. */
  readonly ipvs: readonly TopologyIpvs[];
  /** nftables tables of its own; only the cluster layer makes them. */
  readonly nft: readonly TopologyNft[];
  /** Where tracked UDP flows may go; only the cluster layer says. */
  readonly conntrack: readonly Pick<ConntrackResource, "family" | "services" | "cause">[];
  readonly servers: readonly {
    readonly protocol: "tcp" | "udp" | "sctp";
    readonly port: number;
    /** Left out where the kernel has no such protocol. */
    readonly optional?: boolean | undefined;
    /** kube-proxy's listener on a healthCheckNodePort. */
    readonly health?: ServiceHealth | undefined;
    /** HTTP paths that the pod's own probes request. */
    readonly probed?: readonly string[] | undefined;
    readonly cause: Cause;
  }[];
  readonly dns: readonly (DnsServerSpec & { readonly cause: Cause })[];
  /** kube-proxy's own listeners in userspace mode; only the cluster layer makes them. */
  readonly proxies: readonly (ProxySpec & { readonly cause: Cause })[];
  /** What the agent checks repeatedly from here; only the cluster layer makes them. */
  readonly watches: readonly (WatchSpec & { readonly cause: Cause })[];
  readonly processes: readonly TopologyProcess[];
  readonly files: readonly TopologyFile[];
  /** Volumes of pods; only the cluster layer makes them. */
  readonly volumes: readonly TopologyVolume[];
  readonly cause: Cause;
}

interface TopologyDevice {
  readonly name: string;
  /** With prefix length. */
  readonly addresses: readonly { readonly address: string; readonly cause: Cause }[];
  readonly mac?: string | undefined;
  readonly mtu?: number | undefined;
  /** Bridge in the same namespace that the device is a port of. */
  readonly bridge?: string | undefined;
  readonly hairpin?: boolean | undefined;
  readonly isolated?: boolean | undefined;
  readonly learning?: boolean | undefined;
  readonly up: boolean;
  /** Egress limit, bits per second. */
  readonly rate?: { readonly bps: number; readonly burst: number; readonly latency: number } | undefined;
  readonly cause: Cause;
}

/** Settings of `lo` or of a link's end (`eth0`); the device itself is made by a link. */
export interface TopologyInterface extends TopologyDevice {}

export interface TopologyBridge extends TopologyDevice {
  readonly stp: boolean;
  readonly ageingSeconds?: number | undefined;
}

export interface TopologyVxlan extends TopologyDevice {
  readonly vni: number;
  /** Default 8472, the kernel's. */
  readonly port: number;
  readonly local?: string | undefined;
  readonly dev?: string | undefined;
  readonly learn: boolean;
  /** Head-end replication list: all-zero FDB entries. */
  readonly remotes: readonly string[];
}

export interface TopologyRoute {
  /** Canonical prefix. */
  readonly to: string;
  readonly family: Family;
  readonly type: "unicast" | "blackhole" | "unreachable" | "prohibit" | "local";
  readonly via?: string | undefined;
  readonly dev?: string | undefined;
  readonly onlink: boolean;
  readonly src?: string | undefined;
  readonly table: number;
  readonly metric?: number | undefined;
  readonly mtu?: number | undefined;
  readonly scope?: "global" | "link" | "host" | undefined;
  readonly cause: Cause;
}

export interface TopologyRule {
  readonly family: Family;
  readonly priority: number;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly iif?: string | undefined;
  readonly oif?: string | undefined;
  readonly fwmark?: string | undefined;
  readonly table: number;
  readonly cause: Cause;
}

export type TopologyIpset = Pick<IpsetResource, "family" | "name" | "type" | "entries" | "cause">;
export type TopologyNft = Pick<NftResource, "family" | "table" | "comment" | "objects" | "cause">;

export type TopologyIpvs = Pick<IpvsResource, "family" | "lines" | "cause">;

export interface TopologyFile {
  /** `NAMESPACE/NAME` of a hostNetwork pod that alone sees it. */
  readonly pod?: string | undefined;
  readonly path: string;
  readonly content: string;
  readonly cause: Cause;
}

/** `pod`: `NAMESPACE/NAME` of the hostNetwork pod that it belongs to. */
export type TopologyVolume = VolumeModel & { readonly pod?: string | undefined };

export interface TopologyProcess {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Besides `env`, which wins: the values at its start. Later changes do not restart it. */
  readonly startEnv?: Readonly<Record<string, string>> | undefined;
  /** `NAMESPACE/NAME` of the hostNetwork pod whose files it sees. */
  readonly pod?: string | undefined;
  readonly cwd?: string | undefined;
  /** Which volumes of its pod. */
  readonly mounts?: readonly VolumeMount[] | undefined;
  readonly hostname?: string | undefined;
  readonly cause: Cause;
}

/** A veth pair between two namespaces (or within one). */
export interface TopologyLink {
  readonly endpoints: readonly [TopologyEndpoint, TopologyEndpoint];
  readonly mtu?: number | undefined;
  readonly cause: Cause;
}

export interface TopologyEndpoint {
  /** Lab-internal namespace. */
  readonly node: string;
  readonly interface: string;
}

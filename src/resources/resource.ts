/**
 * The desired state: everything that a lab consists of, as flat resources.
 * The raw layer compiles to these, the differ compares them with the observed state, the agent applies them.
 *
 * `ns` is always the lab-internal name of a network namespace: the name of a topology node (`node1`, `red`,
 * `router`), or `NAMESPACE/POD` for a pod (`default/client`). Host-visible names are made by netnsName().
 */
import type { Family } from "../net/family.ts";
import type { Cause } from "../cause.ts";
import type { DnsServerSpec } from "./dns/zone.ts";
import type {
  ConntrackResource,
  IpsetResource,
  IptablesResource,
  IpvsResource,
  NftResource,
} from "./rule-resources.ts";
import type { WatchResource } from "./watch/resource.ts";
import type { FileResource, ProcessResource, VolumeResource } from "./program-resources.ts";

export interface ResourceBase {
  /** Unique and stable: `KIND:NS:KEY`, for example `addr:node1:eth0:192.168.50.11/24`. Made by resourceId(). */
  readonly id: string;
  /** The lab-internal network namespace. */
  readonly ns: string;
  /** The machine that it lives on with a driver that has several: a cluster node, or the namespace itself. */
  readonly node: string;
  readonly cause: Cause;
}

/** A network namespace with `lo` up. */
export interface NetnsResource extends ResourceBase {
  readonly kind: "netns";
  /** What it stands for; shown in the TUI and in `inspect`. */
  readonly role: "pod" | "node" | "switch" | "router" | "internet" | "host";
  /** The pod's namespace/name for role pod. */
  readonly pod?: string | undefined;
}

/** What one end of a veth pair, or any other device, can be given. Absent: the kernel's default. */
export interface LinkSettings {
  /** Lower-case, colon-separated. */
  readonly mac?: string | undefined;
  readonly mtu?: number | undefined;
  /** Bridge in the same namespace. */
  readonly master?: string | undefined;
  /** Bridge port flags; only with `master`. */
  readonly hairpin?: boolean | undefined;
  readonly isolated?: boolean | undefined;
  readonly learning?: boolean | undefined;
  /** Administrative state, default up. */
  readonly up: boolean;
}

/** A veth pair. `ns`/`name` is its first end; `peer` the other. */
export interface VethResource extends ResourceBase, LinkSettings {
  readonly kind: "veth";
  readonly name: string;
  readonly peer: LinkSettings & { readonly ns: string; readonly node: string; readonly name: string };
}

export interface BridgeResource extends ResourceBase, LinkSettings {
  readonly kind: "bridge";
  readonly name: string;
  readonly stp: boolean;
  /** Forwarding delay is 0 when STP is off. */
  readonly ageingSeconds?: number | undefined;
}

export interface VxlanResource extends ResourceBase, LinkSettings {
  readonly kind: "vxlan";
  readonly name: string;
  readonly vni: number;
  readonly port: number;
  readonly local?: string | undefined;
  /** Default remote (a unicast or multicast address). Further remotes are fdb resources with MAC 00:00:00:00:00:00. */
  readonly remote?: string | undefined;
  /** Underlay device. */
  readonly dev?: string | undefined;
  /** Source address learning. */
  readonly learn: boolean;
}

/** A device that leads nowhere: its addresses are the namespace's own. */
export interface DummyResource extends ResourceBase, LinkSettings {
  readonly kind: "dummy";
  readonly name: string;
}

export interface AddrResource extends ResourceBase {
  readonly kind: "addr";
  readonly dev: string;
  /** With prefix length, canonical: `10.244.0.1/24`, `fd00::1/64`. */
  readonly address: string;
  readonly family: Family;
  readonly scope?: "global" | "link" | "host" | undefined;
}

export interface RouteResource extends ResourceBase {
  readonly kind: "route";
  readonly family: Family;
  /** Canonical prefix; the default route is `0.0.0.0/0` or `::/0`. */
  readonly to: string;
  readonly type: "unicast" | "blackhole" | "unreachable" | "prohibit" | "local";
  readonly via?: string | undefined;
  readonly dev?: string | undefined;
  readonly onlink: boolean;
  readonly src?: string | undefined;
  /** Routing table number, default 254 (main). */
  readonly table: number;
  readonly metric?: number | undefined;
  readonly mtu?: number | undefined;
  readonly scope?: "global" | "link" | "host" | undefined;
}

/** `ip rule`. */
export interface RuleResource extends ResourceBase {
  readonly kind: "rule";
  readonly family: Family;
  readonly priority: number;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly iif?: string | undefined;
  readonly oif?: string | undefined;
  /** `0x80/0x80`. */
  readonly fwmark?: string | undefined;
  readonly table: number;
}

/** A permanent neighbour entry; without a MAC a proxy entry: the namespace answers on `dev` for the address. */
export interface NeighResource extends ResourceBase {
  readonly kind: "neigh";
  readonly family: Family;
  readonly dev: string;
  readonly address: string;
  readonly mac?: string | undefined;
}

/** A static forwarding entry on a bridge port (`master`) or a VXLAN device (`self`, with `dst`). */
export interface FdbResource extends ResourceBase {
  readonly kind: "fdb";
  readonly dev: string;
  readonly mac: string;
  /** Remote VTEP; VXLAN only. */
  readonly dst?: string | undefined;
}

export interface SysctlResource extends ResourceBase {
  readonly kind: "sysctl";
  /** Dotted or slashed as sysctl(8) takes it; a `/` form is used where a device name has a dot. */
  readonly key: string;
  readonly value: string;
  /** Left alone where the kernel has no such sysctl, or does not let us set it: not all kernels have all modules. */
  readonly optional?: boolean | undefined;
}

/** Egress rate limit of a device by tc tbf. */
export interface QdiscResource extends ResourceBase {
  readonly kind: "qdisc";
  readonly dev: string;
  /** Bits per second. */
  readonly rate: number;
  /** Bytes. */
  readonly burst: number;
  /** Milliseconds. */
  readonly latency: number;
}

/** A built-in server on one port, run by the agent. Listens on all addresses of both families. */
export interface ServerResource extends ResourceBase {
  readonly kind: "server";
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly port: number;
  /** What it answers: the pod's name (or the namespace's in a raw lab), `NAMESPACE` and the node. */
  readonly hostname: string;
  readonly podNamespace?: string | undefined;
  /** Left out where the kernel has no such protocol (SCTP). */
  readonly optional?: boolean | undefined;
  /** HTTP paths that its pod's own probes ask for: answered with 200. */
  readonly probed?: readonly string[] | undefined;
  /** It answers nothing but how this Service fares on the node: kube-proxy's listener on a healthCheckNodePort. */
  readonly health?: ServiceHealth | undefined;
}

/** What a load balancer is told that asks a node: 200 where it has ready endpoints of the Service, else 503. */
export interface ServiceHealth {
  readonly namespace: string;
  readonly service: string;
  readonly localEndpoints: number;
}

/**
 * One Service port as kube-proxy's userspace mode serves it: the agent listens on `port` on all of the namespace's
 * addresses of the family, and carries what comes to one endpoint after the other.
 */
export interface ProxyResource extends ResourceBase, ProxySpec {
  readonly kind: "proxy";
}

export interface ProxySpec {
  readonly family: Family;
  readonly protocol: "tcp" | "udp";
  /** Where rules send what is addressed to the Service. */
  readonly port: number;
  /** `default/web:http`. */
  readonly service: string;
  /** `10.244.1.2:80`, `[fd00::2]:80`, in the order in which they take their turns. */
  readonly endpoints: readonly string[];
  /** sessionAffinity ClientIP: a client keeps its endpoint until it was away for so many seconds. */
  readonly affinitySeconds?: number | undefined;
}

/** A DNS server on UDP and TCP, run by the agent. Listens on all addresses of both families. */
export interface DnsResource extends ResourceBase, DnsServerSpec {
  readonly kind: "dns";
}

export type Resource =
  | WatchResource
  | NetnsResource
  | VethResource
  | BridgeResource
  | VxlanResource
  | DummyResource
  | AddrResource
  | RouteResource
  | RuleResource
  | NeighResource
  | FdbResource
  | SysctlResource
  | IptablesResource
  | IpsetResource
  | NftResource
  | IpvsResource
  | ConntrackResource
  | QdiscResource
  | FileResource
  | VolumeResource
  | ProcessResource
  | ServerResource
  | ProxyResource
  | DnsResource;

export type ResourceKind = Resource["kind"];
export type ResourceOf<K extends ResourceKind> = Extract<Resource, { kind: K }>;

/** The observed state: the kernel's state of a lab as the agent reports it, in the terms of iproute2. */
import type { ObservedNetem } from "./netem/definition.ts";
import type { InheritedValues } from "./sysctl/inherited.ts";
import type { Family } from "../net/family.ts";
import type { LinkData } from "../net/link-type.ts";
import type { NftFamily } from "./nft/definition.ts";
import type { WireguardSettings } from "./wireguard/settings.ts";
import type { Resource } from "./resource.ts";
import type { NextHop } from "./route/next-hop.ts";

/** An entry of `bridge vlan`. */
export interface BridgeVlan {
  readonly vid: number;
  /** Frames that arrive without a tag belong to it. */
  readonly pvid: boolean;
  /** Frames leave without a tag. */
  readonly untagged: boolean;
}

export interface ObservedLink {
  readonly index: number;
  readonly name: string;
  /** Not the one that the lab made under this name. */
  readonly foreign?: boolean | undefined;
  /** IFLA_INFO_KIND, or `loopback`/`device` where there is none. */
  readonly kind: string;
  readonly mac: string;
  /** False: a bridge, or a port of one, whose own address the bridge no longer knows. */
  readonly ownEntry?: boolean | undefined;
  /** What is gone of its IPv6 link-local address: `address fe80::1/64`, `route fe80::/64 dev eth0`. */
  readonly missingLinkLocal?: readonly string[] | undefined;
  readonly mtu: number;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly master?: string | undefined;
  /** veth: the peer's lab namespace and name where known. */
  readonly peer?: { readonly ns: string; readonly name: string } | undefined;
  readonly hairpin?: boolean | undefined;
  readonly isolated?: boolean | undefined;
  readonly learning?: boolean | undefined;
  /** Switches that no lab sets and that are not as the kernel sets them for a new device or port: `arp` off, `flood` off. */
  readonly unusual?: Readonly<Record<string, boolean>> | undefined;
  /** Settings of IPV4_CONF, and `disable_ipv6`, that are not 0. */
  readonly conf?: Readonly<Record<string, number>> | undefined;
  readonly stp?: boolean | undefined;
  readonly ageingSeconds?: number | undefined;
  readonly vlanFiltering?: boolean | undefined;
  /** Of a bridge that filters by VLANs, and its ports: by ascending number. */
  readonly vlans?: readonly BridgeVlan[] | undefined;
  /** Device of the namespace that it is on; a veth has a `peer`. */
  readonly link?: string | undefined;
  /** Settings of the types of net/link-type.ts. */
  readonly data?: LinkData | undefined;
  readonly wireguard?: WireguardSettings | undefined;
  /** A program makes it out of a TUN device: wireguard-go. */
  readonly userSpace?: boolean | undefined;
  readonly vxlan?:
    | {
        readonly vni: number;
        readonly port: number;
        readonly local?: string | undefined;
        readonly remote?: string | undefined;
        readonly dev?: string | undefined;
        readonly learn: boolean;
      }
    | undefined;
  readonly stats?:
    | { readonly rxPackets: number; readonly txPackets: number; readonly rxDropped: number; readonly txDropped: number }
    | undefined;
}

export interface ObservedAddr {
  readonly dev: string;
  readonly address: string;
  readonly family: Family;
  readonly scope: string;
  /** DAD running or failed. */
  readonly tentative: boolean;
  /** False: the kernel was asked to make no route to its prefix (`noprefixroute`). */
  readonly prefixRoute?: false | undefined;
  /** Routes that the kernel made for it and that are gone: `10.1.0.0/24 dev eth0`, `local 10.1.0.2 dev eth0`. */
  readonly missingRoutes?: readonly string[] | undefined;
}

export interface ObservedRoute {
  readonly family: Family;
  readonly to: string;
  readonly type: string;
  readonly via?: string | undefined;
  readonly dev?: string | undefined;
  /** Of a multipath route, in place of `via` and `dev`. */
  readonly nexthops?: readonly NextHop[] | undefined;
  readonly onlink: boolean;
  readonly src?: string | undefined;
  readonly table: number;
  readonly metric?: number | undefined;
  readonly mtu?: number | undefined;
  readonly scope: string;
  /** `kernel`, `boot`, `static`, `ra` … */
  readonly protocol: string;
}

export interface ObservedRule {
  readonly family: Family;
  readonly priority: number;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly iif?: string | undefined;
  readonly oif?: string | undefined;
  /** `0x80/0x80`, or without a mask for all 32 bits. */
  readonly fwmark?: string | undefined;
  readonly table: number;
  /** What it does instead of a look into the table: `blackhole`, `unreachable`, `prohibit`, `goto`, `nop`. */
  readonly type?: string | undefined;
}

export interface ObservedNeigh {
  readonly family: Family;
  readonly dev: string;
  readonly address: string;
  readonly mac?: string | undefined;
  /** `permanent`, `reachable`, `stale`, `failed` …; `proxy`: no neighbour, but an address that this namespace answers for. */
  readonly state: string;
}

export interface ObservedFdb {
  readonly dev: string;
  readonly mac: string;
  readonly dst?: string | undefined;
  readonly permanent: boolean;
  readonly self: boolean;
}

/** iptables-save, parsed: table → chain → policy (`-` for own chains) and rules without `-A CHAIN`. */
export type ObservedIptables = Readonly<
  Record<string, Readonly<Record<string, { readonly policy: string; readonly rules: readonly string[] }>>>
>;

/** table → `chain NAME`, `set NAME`, `map NAME` → a digest of what is in it; none for what is empty or filled by rules. */
export type ObservedNft = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** A UDP port of tunnels (GUE). */
export interface ObservedFou {
  readonly family: Family;
  readonly port: number;
}

export interface NamespaceState {
  readonly ns: string;
  readonly node: string;
  /** Host-visible name. */
  readonly netns: string;
  /** False when the namespace itself is gone; everything else is empty then. */
  readonly exists: boolean;
  readonly links: readonly ObservedLink[];
  readonly addrs: readonly ObservedAddr[];
  readonly routes: readonly ObservedRoute[];
  readonly rules: readonly ObservedRule[];
  readonly neighs: readonly ObservedNeigh[];
  readonly fdb: readonly ObservedFdb[];
  /** The requested sysctls; absent key: not readable. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly iptables: Readonly<Partial<Record<Family, ObservedIptables>>>;
  /** Sets by name; absent where the lab has none. */
  readonly ipsets?:
    | Readonly<Record<string, { readonly type: string; readonly entries: readonly string[] }>>
    | undefined;
  /** Lines of `ipvsadm -S -n`; absent where the lab has no virtual servers. */
  readonly ipvs?: Readonly<Record<Family, readonly string[]>> | undefined;
  /** `ip fou show`; absent where the lab has no such ports. */
  readonly fou?: readonly ObservedFou[] | undefined;
  /** nftables tables of the lab: family → table → object → digest. */
  readonly nft?: Readonly<Partial<Record<NftFamily, ObservedNft>>> | undefined;
  /** All nftables tables, those of iptables among them: `inet fw`, `ip nat`. */
  readonly nftTables?: readonly string[] | undefined;
  readonly qdiscs: readonly {
    readonly dev: string;
    readonly kind: string;
    readonly rate?: number | undefined;
    readonly burst?: number | undefined;
    readonly latency?: number | undefined;
    readonly netem?: ObservedNetem | undefined;
  }[];
}

export interface ObservedState {
  readonly namespaces: Readonly<Record<string, NamespaceState>>;
  /** Resources as the agent last applied them, by id: what the lab itself made and may change or delete. */
  readonly applied: Readonly<Record<string, Resource>>;
  /**
   * iptables resources are compared by what iptables-save showed right after they were applied
   * (iptables rewrites arguments): resource id → chain → rules. In a built-in chain ours are the last of them.
   * nft resources likewise: resource id → `chain NAME`, `set NAME`, `map NAME` → digest.
   */
  readonly iptablesAfterApply: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** Ids of file and volume resources whose content is no longer what was written. */
  readonly changedFiles?: readonly string[] | undefined;
  /** Ids of resources that programs make in user space because the kernel cannot (WireGuard devices). */
  readonly userSpace?: readonly string[] | undefined;
  /** What the lab's namespaces began with; absent: not known. */
  readonly inherited?: InheritedValues | undefined;
  /** Ids of process resources that run, and of server resources that listen. */
  readonly running: readonly string[];
  /** Digests of what running resources serve, by id, see Held.digest of src/apply. */
  readonly digests?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds for which each running process resource has been there, by id. */
  readonly ages?: Readonly<Record<string, number>> | undefined;
}

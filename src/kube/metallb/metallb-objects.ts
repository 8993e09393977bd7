/** What manifests of MetalLB say (metallb.io), each with its place: pools of addresses, who announces them, and peers. */
import type { Cause } from "../../cause.ts";
import type { Family } from "../../net/family.ts";
import type { Placed } from "../calico/bgp-objects.ts";
import type { LabelSelector } from "../network-policy/network-policy.ts";

export interface ServiceAllocationModel {
  /** Smaller comes first; 0 is none and comes last. */
  readonly priority: number;
  readonly namespaces: readonly string[];
  readonly namespaceSelectors: readonly LabelSelector[];
  readonly serviceSelectors: readonly LabelSelector[];
}

/** IPAddressPool. */
export interface AddressPoolModel {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Each entry with the prefixes that it consists of, canonical, in order. */
  readonly addresses: readonly { readonly text: string; readonly prefixes: readonly string[] }[];
  readonly autoAssign: boolean;
  readonly avoidBuggyIPs: boolean;
  /** Absent: for all Services. */
  readonly allocation?: ServiceAllocationModel | undefined;
  readonly cause: Cause;
}

/** What both kinds of advertisements select. */
export interface AdvertisementModel {
  readonly name: string;
  /** Without pools and selectors: all pools. */
  readonly pools: readonly string[];
  readonly poolSelectors: readonly LabelSelector[];
  /** Nodes that match one of them; none: all nodes. */
  readonly nodeSelectors: readonly LabelSelector[];
  /** Services that match one of them; none: all of the pools. */
  readonly serviceSelectors: readonly LabelSelector[];
  readonly cause: Cause;
}

/** L2Advertisement. */
export interface L2AdvertisementModel extends AdvertisementModel {
  /** Empty: all. */
  readonly interfaces: readonly string[];
  readonly preferredNodes: readonly { readonly weight: number; readonly selector: LabelSelector }[];
}

/** BGPAdvertisement. */
export interface BgpAdvertisementModel extends AdvertisementModel {
  /** Prefix length of what is announced. */
  readonly length: Readonly<Record<Family, number>>;
  /** 0: none. */
  readonly localPref: number;
  /** As they are written: communities, or names of them. */
  readonly communities: readonly string[];
  /** Names of BGPPeers; empty: all. */
  readonly peers: readonly string[];
}

/** BGPPeer of metallb.io. */
export interface MetallbPeerModel {
  readonly name: string;
  readonly myAsn: number;
  /** Absent: `dynamicAsn` says which. */
  readonly peerAsn?: number | undefined;
  readonly dynamicAsn?: "internal" | "external" | undefined;
  /** Said to the peer in place of `myAsn`. */
  readonly localAsn?: number | undefined;
  /** Canonical. */
  readonly address: string;
  readonly source?: string | undefined;
  readonly port: number;
  /** Seconds. */
  readonly holdTime?: number | undefined;
  readonly keepaliveTime?: number | undefined;
  readonly connectTime?: number | undefined;
  readonly routerId?: string | undefined;
  readonly nodeSelectors: readonly LabelSelector[];
  readonly password?: string | undefined;
  readonly passwordSecret?: { readonly name: string; readonly namespace: string } | undefined;
  readonly bfdProfile?: string | undefined;
  readonly gracefulRestart: boolean;
  readonly multiHop: boolean;
  /** Routes of both families over one session. */
  readonly bothFamilies: boolean;
  readonly cause: Cause;
}

/** Community: names of communities. */
export interface CommunityModel {
  readonly name: string;
  /** As the BGP engine writes them: `65000:100`, `65000:1:2`. */
  readonly aliases: readonly { readonly name: string; readonly value: string }[];
}

export interface BfdProfileModel {
  readonly name: string;
  readonly echo: boolean;
}

export interface MetallbObjects {
  /** Namespaces of all of them. */
  readonly namespaces: Placed<{ readonly namespace: string }>[];
  readonly pools: Placed<AddressPoolModel>[];
  readonly l2: Placed<L2AdvertisementModel>[];
  readonly bgp: Placed<BgpAdvertisementModel>[];
  readonly peers: Placed<MetallbPeerModel>[];
  readonly communities: Placed<CommunityModel>[];
  readonly bfdProfiles: Placed<BfdProfileModel>[];
}

export const noMetallbObjects = (): MetallbObjects => ({
  namespaces: [],
  pools: [],
  l2: [],
  bgp: [],
  peers: [],
  communities: [],
  bfdProfiles: [],
});

/** Prefixes of a pool, in its order. */
export const prefixesOf = ({ addresses }: Pick<AddressPoolModel, "addresses">): readonly string[] =>
  addresses.flatMap(({ prefixes }) => prefixes);

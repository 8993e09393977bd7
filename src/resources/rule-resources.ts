/** Resources that judge packets: iptables, its sets, nftables, and what connection tracking may remember. */
import type { Cause } from "../cause.ts";
import type { NftObject } from "./nft-table.ts";
import type { Family } from "../net/family.ts";
import type { ResourceBase } from "./resource.ts";

/** One iptables rule in iptables-save's words, without `-A CHAIN`. */
export interface IptablesRule {
  readonly args: readonly string[];
  readonly cause: Cause;
}

/**
 * Our part of one iptables table in one family. A chain that is not built in is ours as a whole;
 * in a built-in chain (INPUT, POSTROUTING …) only the rules listed are ours.
 */
export interface IptablesResource extends ResourceBase {
  readonly kind: "iptables";
  readonly family: Family;
  readonly table: "raw" | "mangle" | "nat" | "filter";
  readonly chains: readonly {
    readonly name: string;
    readonly builtin: boolean;
    /** Built-in chains only. */
    readonly policy?: "ACCEPT" | "DROP" | undefined;
    /** Of what is there: somebody else has changed it, so it is written again whatever it should hold. */
    readonly touched?: boolean | undefined;
    readonly rules: readonly IptablesRule[];
  }[];
}

/** A set of addresses that iptables rules match with `--match-set`. */
export interface IpsetResource extends ResourceBase {
  readonly kind: "ipset";
  readonly family: Family;
  /** At most 31 characters (IPSET_MAXNAMELEN less the terminating zero). */
  readonly name: string;
  readonly type: "hash:net" | "hash:ip" | "hash:ip,port" | "hash:ip,port,ip" | "hash:ip,port,net" | "bitmap:port";
  /** As `ipset save` writes them, sorted: `10.0.0.0/8`, `10.1.0.2`, `10.1.0.2,tcp:80`, `30080`. */
  readonly entries: readonly string[];
}

/** `inet`: one table for both. */
export type NftFamily = Family | "inet";

/** One nftables table in one family that is ours as a whole. */
export interface NftResource extends ResourceBase {
  readonly kind: "nft";
  readonly family: NftFamily;
  readonly table: string;
  readonly comment?: string | undefined;
  /** Of what is there: somebody else has changed it, so the table is made anew as a whole. */
  readonly touched?: boolean | undefined;
  readonly objects: readonly NftObject[];
}

/** All virtual servers of one family, as ipvsadm saves them (`ipvsadm -S -n`); others than these are not wanted. */
export interface IpvsResource extends ResourceBase {
  readonly kind: "ipvs";
  readonly family: Family;
  /** `-A -t 10.96.0.1:443 -s rr`, followed by its real servers: `-a -t 10.96.0.1:443 -r 10.1.0.2:6443 -m -w 1`. */
  readonly lines: readonly { readonly text: string; readonly cause: Cause }[];
}

/** Where tracked UDP flows of one family may go: flows of these Services that go elsewhere are forgotten. */
export interface ConntrackResource extends ResourceBase {
  readonly kind: "conntrack";
  readonly family: Family;
  readonly services: readonly {
    /** `10.96.0.10:53`, `[fd00::10]:53`; a node port at all addresses: `:30053`. */
    readonly to: string;
    /** `10.244.1.2:53`, in kube-proxy's order. */
    readonly endpoints: readonly string[];
  }[];
}

/**
 * An nftables table as objects, in the syntax of nft(8), so that a change of one rule is a change of one chain. Written
 * by: cluster/kube-proxy/nftables.ts and cluster/policy/nftables/enforce.ts. Loaded by: resources/nft/lines.ts and resources/nft/apply.ts.
 */
import type { Cause } from "../cause.ts";
import type { NftFamily } from "./nft/definition.ts";

/** The families' names in nft(8). */
export const NFT_FAMILY = { ipv4: "ip", ipv6: "ip6", inet: "inet", netdev: "netdev" } as const satisfies Record<
  NftFamily,
  string
>;

export interface NftRule {
  /** Without `add rule FAMILY TABLE CHAIN`. */
  readonly text: string;
  readonly cause: Cause;
}

export interface NftChain {
  readonly kind: "chain";
  readonly name: string;
  /** Base chains: `type nat hook prerouting priority -100`. */
  readonly hook?: string | undefined;
  readonly comment?: string | undefined;
  readonly rules: readonly NftRule[];
}

export interface NftSet {
  readonly kind: "set" | "map";
  readonly name: string;
  /** `ipv4_addr`, `inet_proto . inet_service : verdict`. */
  readonly type: string;
  readonly flags?: readonly string[] | undefined;
  /** Seconds after which an element expires. */
  readonly timeout?: number | undefined;
  readonly comment?: string | undefined;
  /** `172.30.0.41 . tcp . 80 : goto x`: key, comment, verdict. A set with flag `dynamic` is filled by rules. */
  readonly elements: readonly NftRule[];
}

export type NftObject = NftChain | NftSet;

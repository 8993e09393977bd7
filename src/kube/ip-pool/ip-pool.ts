/** IPPool (projectcalico.org/v3): where Calico's IPAM takes addresses from, and how their packets get from node to node. */
import type { Cause } from "../../cause.ts";
import type { Family } from "../../net/family.ts";
import type { Scope } from "../../syntax/scope.ts";

export const TUNNEL_MODES = ["Always", "CrossSubnet", "Never"] as const;
export type TunnelMode = (typeof TUNNEL_MODES)[number];
export const POOL_USES = ["Workload", "Tunnel", "LoadBalancer"] as const;
export type PoolUse = (typeof POOL_USES)[number];

export interface IpPoolModel {
  readonly name: string;
  /** Canonical prefix. */
  readonly cidr: string;
  readonly family: Family;
  /** Prefix length of a block. */
  readonly blockSize: number;
  readonly ipip: TunnelMode;
  readonly vxlan: TunnelMode;
  readonly natOutgoing: boolean;
  /** BIRD announces nothing of it. */
  readonly unexported?: true | undefined;
  /** Nothing is allocated from it; it still counts where addresses of pods are distinguished from others. */
  readonly disabled: boolean;
  /** Calico's selector; empty: all. */
  readonly nodeSelector: string;
  readonly uses: readonly PoolUse[];
  readonly cause: Cause;
}

/** A pool of a manifest, with its place. */
export interface IpPoolInput {
  readonly pool: IpPoolModel;
  readonly scope: Scope;
}

/** Prefix lengths of blocks. */
export const BLOCK_SIZES = {
  ipv4: { usual: 26, least: 20, most: 32 },
  ipv6: { usual: 122, least: 116, most: 128 },
} as const satisfies Record<Family, { readonly usual: number; readonly least: number; readonly most: number }>;

/** What is wrong with a pool's blocks, in the words of the CRD (api/pkg/apis/projectcalico/v3/ippool.go), and what helps. */
export function blockMistake(
  family: Family,
  length: number,
  blockSize: number,
  disabled: boolean,
): { readonly message: string; readonly hint: string } | undefined {
  const { least, most, usual } = BLOCK_SIZES[family];
  if (blockSize < least || blockSize > most)
    return {
      message: "blockSize must be between 20 and 32 for IPv4 pools, and between 116 and 128 for IPv6 pools",
      hint: `it is the prefix length of a block: ${usual} is 64 addresses`,
    };
  if (disabled || length <= blockSize) return undefined;
  return {
    message: "IP pool size is too small for use with Calico IPAM. It must be equal to or greater than the block size.",
    hint: `a /${length} has no block of /${blockSize}: choose a larger pool, or smaller blocks`,
  };
}

/** BGPFilter (projectcalico.org/v3): which routes peers get and which are taken from them, and with what. */
import type { Cause } from "../../cause.ts";

export type MatchOperator = "Equal" | "NotEqual" | "In" | "NotIn";

export type BgpFilterOperation =
  | { readonly kind: "addCommunity"; readonly value: string }
  /** The first one becomes the first of the path. */
  | { readonly kind: "prependASPath"; readonly prefix: readonly number[] }
  /** A metric: lower is better. */
  | { readonly kind: "setPriority"; readonly value: number };

/** All fields that are set must match. */
export interface BgpFilterRule {
  readonly action: "Accept" | "Reject";
  readonly cidr?: string | undefined;
  readonly operator?: MatchOperator | undefined;
  /** Of the route, within `cidr`. */
  readonly length?: { readonly min?: number | undefined; readonly max?: number | undefined } | undefined;
  /** Learned by BGP, not the node's own. */
  readonly source?: "RemotePeers" | undefined;
  /** With `*`. */
  readonly interface?: string | undefined;
  readonly peerType?: "eBGP" | "iBGP" | undefined;
  readonly community?: string | undefined;
  readonly asPathPrefix?: readonly number[] | undefined;
  readonly priority?: number | undefined;
  readonly operations: readonly BgpFilterOperation[];
}

export type BgpFilterDirection = "import" | "export";

export interface BgpFilterModel {
  readonly name: string;
  /** By direction, then by family. Where there are rules of none, all routes pass. */
  readonly import: { readonly ipv4: readonly BgpFilterRule[]; readonly ipv6: readonly BgpFilterRule[] };
  readonly export: { readonly ipv4: readonly BgpFilterRule[]; readonly ipv6: readonly BgpFilterRule[] };
  readonly cause: Cause;
}

/** BGPPeer (projectcalico.org/v3): sessions of nodes besides the mesh. */
import type { Cause } from "../../cause.ts";

export interface BgpPeerModel {
  readonly name: string;
  /** Which nodes have it, by name or by Calico's selector; neither: all. */
  readonly node?: string | undefined;
  readonly nodeSelector?: string | undefined;
  /** The other end: an address, or the nodes of a selector. */
  readonly peerIP?: { readonly address: string; readonly port?: number | undefined } | undefined;
  readonly peerSelector?: string | undefined;
  /** Of `peerIP`; absent: that of the nodes. */
  readonly asn?: number | undefined;
  readonly localAs?: number | undefined;
  readonly keepsNextHop: boolean;
  readonly nextHopMode?: "Auto" | "Self" | "Keep" | undefined;
  readonly sourceAddress: "UseNodeIP" | "None";
  /** Seconds. */
  readonly restartTime?: number | undefined;
  readonly keepaliveTime?: number | undefined;
  /** How often the own AS may be in what is learned. */
  readonly ownAs: number;
  /** Hops that a packet may have had; absent: any. */
  readonly ttlSecurity?: number | undefined;
  /** A gateway to the peer. */
  readonly reachableBy?: string | undefined;
  /** Names of BGPFilters. */
  readonly filters: readonly string[];
  /** Nodes that are peers get the other end without a manifest of their own. */
  readonly reverses: boolean;
  readonly cause: Cause;
}

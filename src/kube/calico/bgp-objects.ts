/** What manifests of Calico say of BGP, each with its place. */
import type { BgpConfigurationModel } from "../bgp-configuration/bgp-configuration.ts";
import type { BgpFilterModel } from "../bgp-filter/bgp-filter.ts";
import type { BgpPeerModel } from "../bgp-peer/bgp-peer.ts";
import type { Scope } from "../../syntax/scope.ts";

export interface Placed<T> {
  readonly model: T;
  readonly scope: Scope;
}

export interface BgpObjects {
  readonly configurations: Placed<BgpConfigurationModel>[];
  readonly peers: Placed<BgpPeerModel>[];
  readonly filters: Placed<BgpFilterModel>[];
}

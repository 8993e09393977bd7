/** MetalLB in a cluster: what its manifests say, resolved. */
import type { Cause } from "../../cause.ts";
import type {
  AddressPoolModel,
  BgpAdvertisementModel,
  L2AdvertisementModel,
  MetallbPeerModel,
} from "../../kube/metallb/metallb-objects.ts";

export const LOAD_BALANCER_DAEMONS = ["computed", "bird"] as const;
export type LoadBalancerDaemon = (typeof LOAD_BALANCER_DAEMONS)[number];

/** Plain data: it is kept with the lab. */
export interface MetallbModel {
  /** In the manifests' order. */
  readonly pools: readonly AddressPoolModel[];
  readonly l2: readonly L2AdvertisementModel[];
  /** Communities as the BGP engine writes them. */
  readonly bgp: readonly BgpAdvertisementModel[];
  /** With passwords of Secrets. */
  readonly peers: readonly MetallbPeerModel[];
  /** bird: a real BIRD 2 on each node that has a peer. */
  readonly daemon: LoadBalancerDaemon;
  readonly cause: Cause;
}

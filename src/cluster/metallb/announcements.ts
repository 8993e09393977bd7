/** What MetalLB's speaker on a node announces, and why not (metallb 7938d3f8, speaker/{main,bgp_controller,layer2_controller}.go). */
import { matches } from "../../kube/label-selector.ts";
import type {
  AddressPoolModel,
  AdvertisementModel,
  BgpAdvertisementModel,
} from "../../kube/metallb/metallb-objects.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { ServiceModel } from "../../kube/service/service.ts";
import { networkOf, parseAddress, formatPrefix } from "../../net/address.ts";
import type { ClusterModel } from "../cluster.ts";
import { ALLOCATED_FROM } from "./addresses.ts";
import type { MetallbModel } from "./model.ts";

/** A node with this label is left out (KEP-1143). */
export const EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers";

export type Announcing = Pick<ClusterModel, "name" | "nodes" | "services" | "slices" | "metallb">;

/** The pool of a Service's addresses; undefined: MetalLB has given it none. */
export function poolOf({ pools }: MetallbModel, { annotations, loadBalancerIPs }: ServiceModel) {
  const name = annotations[ALLOCATED_FROM];
  return loadBalancerIPs.length === 0 ? undefined : pools.find((pool) => pool.name === name);
}

/** An advertisement is of this pool. */
export function isOfPool({ pools, poolSelectors }: AdvertisementModel, { name, labels }: AddressPoolModel): boolean {
  if (pools.length + poolSelectors.length === 0) return true;
  return pools.includes(name) || poolSelectors.some((selector) => matches(selector, labels));
}

export function isOfNode(
  { nodeSelectors }: Pick<AdvertisementModel, "nodeSelectors">,
  { labels }: ClusterNode,
): boolean {
  return nodeSelectors.length === 0 || nodeSelectors.some((selector) => matches(selector, labels));
}

export function isOfService({ serviceSelectors }: AdvertisementModel, { labels }: ServiceModel): boolean {
  return serviceSelectors.length === 0 || serviceSelectors.some((selector) => matches(selector, labels));
}

/** Nodes with an endpoint that can serve; undefined among them: an endpoint that is on no node. */
export function servingNodes(
  { slices }: Announcing,
  { namespace, name }: ServiceModel,
): ReadonlySet<string | undefined> {
  const own = slices.filter((slice) => slice.namespace === namespace && slice.service === name);
  const serving = own.flatMap(({ endpoints }) => endpoints.filter(({ ready, serving }) => ready || serving));
  return new Set(serving.map(({ nodeName }) => nodeName));
}

/** A prefix that a node announces to some or all of its peers. */
export interface Announcement {
  readonly prefix: string;
  readonly advertisement: BgpAdvertisementModel;
  readonly service: ServiceModel;
}

/** Why a node announces nothing of a Service by BGP, in MetalLB's words; undefined: it does. */
export function bgpRefusal(
  cluster: Announcing,
  metallb: MetallbModel,
  node: ClusterNode,
  service: ServiceModel,
): string | undefined {
  const pool = poolOf(metallb, service);
  if (pool === undefined) return "noIPAllocated";
  const own = metallb.bgp.filter((one) => isOfPool(one, pool) && isOfNode(one, node));
  if (own.length === 0) return "notOwner";
  if (!own.some((one) => isOfService(one, service))) return "noMatchingAdvertisement";
  if (node.labels[EXCLUDED] !== undefined) return "nodeLabeledExcludeBalancers";
  const serving = servingNodes(cluster, service);
  if (service.externalTrafficPolicy === "Local" && !serving.has(node.name)) return "noLocalEndpoints";
  return serving.size === 0 ? "noEndpoints" : undefined;
}

/** What a node announces by BGP, in the order of Services and advertisements. */
export function announcementsOf(cluster: Announcing, node: ClusterNode): readonly Announcement[] {
  const { metallb, services } = cluster;
  if (metallb === undefined) return [];
  return services.flatMap((service) => {
    const pool = poolOf(metallb, service);
    if (pool === undefined || bgpRefusal(cluster, metallb, node, service) !== undefined) return [];
    const own = metallb.bgp.filter((one) => isOfPool(one, pool) && isOfNode(one, node) && isOfService(one, service));
    return service.loadBalancerIPs.flatMap(({ ip }) => {
      const address = parseAddress(ip);
      if (address === undefined) return [];
      return own.map((advertisement) => ({
        prefix: formatPrefix(networkOf(address, advertisement.length[address.family])),
        advertisement,
        service,
      }));
    });
  });
}

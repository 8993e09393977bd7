/** The clusters of a lab: what all of them have together, and which of them a place or an address belongs to. */
import type { ClusterModel } from "./cluster.ts";
import type { ClusterNode, UnderlaySwitch } from "../kube/node/cluster-node.ts";
import type { PodModel } from "../kube/pod/pod-model.ts";
import type { ServiceModel } from "../kube/service/service.ts";
import { parseAddress, parsePrefix, prefixContains } from "../net/address.ts";
import type { Family, PerFamily } from "../net/family.ts";
import { networkPlugin, podsAreRouted } from "./cni/registry.ts";
import { DEFAULT_CLUSTER, sameObject, type ObjectRef } from "../net/object-ref.ts";

export interface Clusters {
  readonly clusters: readonly ClusterModel[];
}

export function labNodes({ clusters }: Clusters): readonly ClusterNode[] {
  return clusters.flatMap(({ nodes }) => nodes);
}

/** Switches that no cluster before it has. */
export function ownSwitches({ switches }: Pick<ClusterModel, "switches">): readonly UnderlaySwitch[] {
  return switches.filter(({ shared }) => shared === undefined);
}

/** Each once, though several clusters may be on it. */
export function labSwitches({ clusters }: Clusters): readonly UnderlaySwitch[] {
  return clusters.flatMap(ownSwitches);
}

export function labPods({ clusters }: Clusters): readonly PodModel[] {
  return clusters.flatMap(({ pods }) => pods);
}

export function labServices({ clusters }: Clusters): readonly ServiceModel[] {
  return clusters.flatMap(({ services }) => services);
}

export function findLabPod(lab: Clusters, ref: ObjectRef | undefined): PodModel | undefined {
  return ref === undefined ? undefined : labPods(lab).find((pod) => sameObject(pod, ref));
}

/** `name` as ObjectRef.cluster has it. */
export function clusterNamed({ clusters }: Clusters, name: string | undefined): ClusterModel | undefined {
  return clusters.find((cluster) => cluster.name === (name ?? DEFAULT_CLUSTER));
}

/** The cluster that a namespace is in: `node` is a pod's node, or the namespace itself. Undefined for the router, the internet, raw namespaces. */
export function clusterOf({ clusters }: Clusters, { node }: { readonly node: string }): ClusterModel | undefined {
  return clusters.find(({ nodes }) => nodes.some(({ name }) => name === node));
}

/** One of the ranges has the address. */
function isWithin(address: string, ranges: readonly string[]): boolean {
  const parsed = parseAddress(address);
  return ranges.some((range) => {
    const prefix = parsePrefix(range);
    return parsed !== undefined && prefix !== undefined && prefixContains(prefix, parsed);
  });
}

/** One of its pods, nodes or Services has the address. */
function hasAddress(cluster: ClusterModel, address: string): boolean {
  return (
    isRouted(cluster, address) ||
    isWithin(address, [...Object.values(cluster.serviceCIDR), ...Object.values(cluster.podCIDR)])
  );
}

/** It means something outside of the cluster too. */
function isRouted(cluster: ClusterModel, address: string): boolean {
  const { nodes, loadBalancer, services, podCIDR } = cluster;
  return (
    nodes.some((one) => Object.values(one.address).includes(address)) ||
    isWithin(address, [...loadBalancer.ranges, ...(podsAreRouted(cluster) ? Object.values(podCIDR) : [])]) ||
    services.some(({ externalIPs, loadBalancerIPs }) =>
      [...externalIPs, ...loadBalancerIPs.map(({ ip }) => ip)].includes(address),
    )
  );
}

/**
 * The cluster whose rules a packet to this address passes last: the sender's own where it has the address, another one
 * otherwise. For an address of none of them the sender's own. Only in a lab with several is there a choice.
 */
export function clusterTowards(
  lab: Clusters,
  from: { readonly node: string },
  address: string,
): ClusterModel | undefined {
  const { clusters } = lab;
  if (clusters.length < 2) return clusters[0];
  const own = clusterOf(lab, from);
  if (own !== undefined && hasAddress(own, address)) return own;
  return (
    clusters.find((cluster) => isRouted(cluster, address)) ??
    clusters.find((cluster) => hasAddress(cluster, address)) ??
    own
  );
}

/** The address that another cluster, and the internet, see of a sender in this one. */
export function addressOutside(
  cluster: ClusterModel,
  { ns, node, addresses }: { readonly ns: string; readonly node: string; readonly addresses: PerFamily<string> },
  family: Family,
): string | undefined {
  const own = cluster.nodes.find(({ name }) => name === node);
  if (own === undefined || addresses[family] === undefined) return addresses[family];
  const end = { node: own, ...(ns === node ? {} : { pod: { address: addresses } }) };
  return networkPlugin(cluster).path(cluster, end, "outside", family).source;
}

/** The node that a namespace is on: of a pod its node, else itself. */
export function nodeOf(lab: Clusters, ns: string): string {
  return labPods(lab).find((pod) => pod.ns === ns)?.node ?? ns;
}

/** As clusterOf; in a lab with one cluster that, for whatever is outside of it too. */
export function clusterOfNamespace(lab: Clusters, ns: string): ClusterModel | undefined {
  return lab.clusters.length < 2 ? lab.clusters[0] : clusterOf(lab, { node: nodeOf(lab, ns) });
}

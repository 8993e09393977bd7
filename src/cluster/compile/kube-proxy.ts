/** kube-proxy on a cluster node: one per family that the cluster has Services in, working from the node's own addresses. */
import { specsOf } from "../../fabric/topology.ts";
import type { ClusterModel } from "../cluster.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { ProxyInput } from "../../kube/service/service.ts";
import { canonicalPrefix, perFamily } from "../../net/families.ts";
import { clusterCIDR, networkPlugin, proxiedServices } from "../cni/registry.ts";
import type { Family } from "../../net/family.ts";
import { inDeviceOrder } from "../../fabric/topology-resources.ts";
import { SERVICE_DEVICES } from "../../resources/policy-names.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";

const ZONE = "topology.kubernetes.io/zone";

function optionalPrefix(text: string | undefined): string | undefined {
  return text === undefined ? undefined : canonicalPrefix(text);
}

/** What the kube-proxy of this node works from. `draft`: the finished node, for all of its addresses. */
function nodeProxyInput(cluster: ClusterModel, node: ClusterNode, draft: NodeDraft, family: Family): ProxyInput {
  const finished = draft.finish();
  const own = inDeviceOrder(finished, specsOf(finished, "addr")).flatMap(({ dev, address }) =>
    SERVICE_DEVICES.has(dev) ? [] : address.slice(0, address.indexOf("/")),
  );
  const primary = node.address[family];
  const others = own.filter((address) => address.includes(":") === (family === "ipv6"));
  return {
    family,
    nodeName: node.name,
    zone: node.labels[ZONE],
    nodeIPs: [...new Set(primary === undefined ? others : [primary, ...others])],
    podCIDR: optionalPrefix(clusterCIDR(cluster, family)),
    serviceCIDR: optionalPrefix(cluster.serviceCIDR[family]),
    bridged: networkPlugin(cluster).bridged(cluster.cni),
    nodeCIDR: optionalPrefix(node.podCIDR[family]),
    mtu: node.mtu ?? cluster.mtu,
    services: proxiedServices(cluster),
    slices: cluster.slices,
    proxy: node.kubeProxy ?? cluster.kubeProxy,
  };
}

/** One for each family of a node whose devices are complete. A cluster without Services has no kube-proxy. */
export function proxyInputs(cluster: ClusterModel, node: ClusterNode, draft: NodeDraft): readonly ProxyInput[] {
  if (cluster.services.length === 0) return [];
  return perFamily(node.address).map(([family]) => nodeProxyInput(cluster, node, draft, family));
}

/** Which node answers for an address at layer 2, where MetalLB decides (metallb 7938d3f8, speaker/layer2_controller.go). */
import { matches } from "../../kube/label-selector.ts";
import type { L2AdvertisementModel } from "../../kube/metallb/metallb-objects.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { ServiceModel } from "../../kube/service/service.ts";
import { parseAddress, parsePrefix, prefixContains } from "../../net/address.ts";
import { sha256 } from "../../net/digest.ts";
import { ownNodeName } from "../lab-names.ts";
import { EXCLUDED, isOfNode, isOfPool, isOfService, poolOf, servingNodes, type Announcing } from "./announcements.ts";
import type { MetallbModel } from "./model.ts";

/** The device of nodes on the underlay. */
export const UPLINK = "eth0";
const SHARING = ["metallb.io/allow-shared-ip", "metallb.universe.tf/allow-shared-ip"] as const;

/** Sum of the weights of preferences that the node fulfils. */
function scoreOf(advertisements: readonly L2AdvertisementModel[], node: ClusterNode): number {
  const own = advertisements.filter((one) => isOfNode(one, node));
  return own
    .flatMap(({ preferredNodes }) => preferredNodes.filter(({ selector }) => matches(selector, node.labels)))
    .reduce((sum, { weight }) => sum + weight, 0);
}

/** The node that wins the election for a Service; undefined: there is no candidate. */
export function electedNode(
  cluster: Announcing,
  metallb: MetallbModel,
  service: ServiceModel,
): { readonly node: ClusterNode; readonly interfaces: readonly string[] } | undefined {
  const pool = poolOf(metallb, service);
  const [first] = service.loadBalancerIPs;
  if (pool === undefined || first === undefined) return undefined;
  const serving = servingNodes(cluster, service);
  if (serving.size === 0) return undefined;
  const own = metallb.l2.filter((one) => isOfPool(one, pool) && isOfService(one, service));
  const isShared = SHARING.some((key) => service.annotations[key] !== undefined);
  // Speakers could not agree on one of the Services (sharedIPWithServiceSelector).
  if (isShared && own.some(({ serviceSelectors }) => serviceSelectors.length > 0)) return undefined;
  const [winner] = cluster.nodes
    .filter((node) => node.down !== true && node.labels[EXCLUDED] === undefined)
    .filter((node) => own.some((one) => isOfNode(one, node)))
    .filter((node) => service.externalTrafficPolicy !== "Local" || serving.has(node.name))
    .map((node) => ({
      node,
      score: scoreOf(own, node),
      hash: sha256(`${ownNodeName(cluster.name, node.name)}#${first.ip}`).toString("hex"),
    }))
    .toSorted((a, b) => b.score - a.score || (a.hash < b.hash ? -1 : 1));
  if (winner === undefined) return undefined;
  const mine = own.filter((one) => isOfNode(one, winner.node));
  const all = mine.some(({ interfaces }) => interfaces.length === 0);
  return { node: winner.node, interfaces: all ? [] : mine.flatMap(({ interfaces }) => interfaces) };
}

export function isOnSubnet(node: ClusterNode, text: string): boolean {
  const address = parseAddress(text);
  const subnet = address === undefined ? undefined : parsePrefix(node.subnet[address.family] ?? "");
  return address !== undefined && subnet !== undefined && prefixContains(subnet, address);
}

/** Who answers on the underlay for an address; a node that nothing would ask on its subnet does not. */
export function layer2Speaker(cluster: Announcing, metallb: MetallbModel, ip: string): ClusterNode | undefined {
  for (const service of cluster.services) {
    if (!service.loadBalancerIPs.some((one) => one.ip === ip)) continue;
    const elected = electedNode(cluster, metallb, service);
    if (elected === undefined || !isOnSubnet(elected.node, ip)) continue;
    const { node, interfaces } = elected;
    if (interfaces.length === 0 || interfaces.includes(UPLINK)) return node;
  }
  return undefined;
}

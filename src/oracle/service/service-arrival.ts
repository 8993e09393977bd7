/** Which node's rules a packet to a Service's address meets first, and with which source. */
import { isLoopback } from "../../net/special-address.ts";
import type { Family } from "../../net/family.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import { networkPlugin } from "../../cluster/cni/registry.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { Target } from "../../net/target.ts";
import { loadBalancerSpeaker } from "../../cluster/load-balancer-speaker.ts";
import type { ServicePacket } from "./service-frontend.ts";
import { learnedNodes } from "../../cluster/bgp/router-table.ts";
import { ROUTER } from "../../cluster/bgp/routers.ts";
import { staticRoutes } from "../../targets/static-routes.ts";
import type { Topology } from "../../fabric/topology.ts";

export type Problem = { readonly problem: string };

export interface Arrival {
  readonly node: ClusterNode;
  /** The router has learned several ways to the address: any of these nodes. */
  readonly oneOf?: readonly ClusterNode[] | undefined;
  readonly from: ServicePacket["from"];
}

type Sender = Pick<Target, "text" | "ns" | "node" | "addresses">;

/** The node to which a static route of the lab file leads, from the sender itself or from the router: externalIPs are reached so. */
function routedTo(
  { nodes }: ClusterModel,
  topology: Topology,
  from: Sender,
  to: string,
  family: Family,
): ClusterNode | undefined {
  const hops = staticRoutes(topology, [from.ns, ROUTER], to).filter((via) => via !== undefined);
  return hops.map((via) => nodes.find((node) => node.address[family] === via)).find((node) => node !== undefined);
}

/**
 * The node whose rules the packet meets, and the source that it has there: a node port of another node is decided over
 * there, after this node has masqueraded what comes from its pods (on the way out of the pod network).
 * `topology`: the lab file's raw layer, for its static routes.
 */
export function serviceArrival(
  cluster: ClusterModel,
  from: Sender,
  to: string,
  family: Family,
  topology: Topology = { nodes: [], links: [] },
): Arrival | Problem {
  const owner = cluster.nodes.find((node) => node.address[family] === to);
  const own = cluster.nodes.find((node) => node.name === from.node);
  const source = from.addresses[family];
  if (source === undefined) return { problem: `${from.text} has no address in this family` };
  if (own === undefined) {
    const oneOf = learnedNodes(cluster, to, family);
    const [learned] = oneOf;
    const node = owner ?? loadBalancerSpeaker(cluster, to) ?? learned ?? routedTo(cluster, topology, from, to, family);
    return node === undefined
      ? {
          problem: `${from.text} is outside the cluster, and ${to} is neither a node's address nor one that a node announces, and no static route of the lab file and no route by BGP leads it to a node`,
        }
      : {
          node,
          ...(node === learned && oneOf.length > 1 ? { oneOf } : {}),
          from: { kind: "outside", address: source },
        };
  }
  const isNode = from.ns === own.name;
  if (owner !== undefined && owner !== own) {
    const end = { node: own, ...(isNode ? {} : { pod: { address: from.addresses } }) };
    const path = networkPlugin(cluster).path(cluster, end, { node: owner }, family);
    return { node: owner, from: { kind: isNode || path.masquerades ? "outside" : "pod", address: path.source } };
  }
  if (isLoopback(to) && isNode) return { node: own, from: { kind: "node", address: to } };
  return { node: own, from: { kind: isNode ? "node" : "pod", address: source } };
}

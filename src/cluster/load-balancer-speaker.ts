/** Which node announces a load-balancer address on the underlay: one per address, chosen as MetalLB's layer 2 mode chooses it. */
import { sha256 } from "../net/digest.ts";
import { formatAddress, parseAddress, parsePrefix, prefixContains, type Address } from "../net/address.ts";
import type { ClusterModel } from "./cluster.ts";
import { EXCLUDED } from "./metallb/announcements.ts";
import { layer2Speaker } from "./metallb/layer2.ts";
import type { ClusterNode } from "../kube/node/cluster-node.ts";
import type { ServiceModel } from "../kube/service/service.ts";

type Announcing = Pick<ClusterModel, "name" | "nodes" | "services" | "slices" | "metallb">;

/** Entries with ipMode Proxy are a real load balancer's, which announces them itself. */
function addressesOf(service: ServiceModel): readonly string[] {
  return service.loadBalancerIPs.flatMap(({ ip, ipMode }) => {
    const address = parseAddress(ip);
    return ipMode === "Proxy" || address === undefined ? [] : [formatAddress(address)];
  });
}

/** The nodes on which an endpoint of the Service can serve. */
function nodesWithEndpoints({ slices }: Announcing, service: ServiceModel, { family }: Address): ReadonlySet<string> {
  const own = slices.filter(
    (slice) => slice.family === family && slice.namespace === service.namespace && slice.service === service.name,
  );
  const serving = own.flatMap((slice) => slice.endpoints.filter((endpoint) => endpoint.ready || endpoint.serving));
  return new Set(serving.flatMap((endpoint) => endpoint.nodeName ?? []));
}

function isOnSubnet(node: ClusterNode, address: Address): boolean {
  const subnet = parsePrefix(node.subnet[address.family] ?? "");
  return subnet !== undefined && prefixContains(subnet, address);
}

/** MetalLB sorts by SHA-256 of `NODE#ADDRESS`: addresses spread across the nodes, and only those of a failed node move. */
function rank(node: string, address: string): string {
  return sha256(`${node}#${address}`).toString("hex");
}

/**
 * The node that answers for the address; undefined: none does. Only nodes that are up and whose subnet has the address, and for
 * externalTrafficPolicy Local only nodes with an endpoint, because the others would drop the packets.
 */
export function loadBalancerSpeaker(cluster: Announcing, text: string): ClusterNode | undefined {
  const address = parseAddress(text);
  if (address === undefined) return undefined;
  const ip = formatAddress(address);
  if (cluster.metallb !== undefined) return layer2Speaker(cluster, cluster.metallb, ip);
  const services = cluster.services.filter((service) => addressesOf(service).includes(ip));
  if (services.length === 0) return undefined;
  const local = services
    .filter((service) => service.externalTrafficPolicy === "Local")
    .map((service) => nodesWithEndpoints(cluster, service, address));
  return cluster.nodes
    .filter((node) => isOnSubnet(node, address) && node.labels[EXCLUDED] === undefined && node.down !== true)
    .filter((node) => local.every((nodes) => nodes.has(node.name)))
    .map((node) => ({ node, rank: rank(node.name, ip) }))
    .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))[0]?.node;
}

/** Every address that a node may announce, with a Service that has it. */
export function loadBalancerAddresses(cluster: Pick<ClusterModel, "services">): ReadonlyMap<string, ServiceModel> {
  return new Map(cluster.services.flatMap((service) => addressesOf(service).map((ip) => [ip, service] as const)));
}

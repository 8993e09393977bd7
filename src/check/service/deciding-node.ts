/** Which node decides about a packet to a Service, and what it knows: kube-proxy acts where the packet first meets its rules. */
import type { ClusterModel, ClusterNode } from "../../model/cluster.ts";
import { loadBalancerSpeaker } from "../../model/load-balancer-speaker.ts";
import { parseAddress, parsePrefix, prefixContains } from "../../model/address.ts";
import type { Lab, Target } from "../../model/lab.ts";
import type { ProxyInput, ServiceProtocol } from "../../model/service.ts";
import type { ServicePacket } from "../../model/service-oracle.ts";
import type { Family } from "../../plan/resource.ts";
import { canonicalAddress } from "../../capture/address.ts";
import type { CheckContext } from "../kind.ts";
import type { RulePacket } from "../installed/way.ts";

const ZONE = "topology.kubernetes.io/zone";

export interface ServiceCase {
  readonly node: ClusterNode;
  readonly input: ProxyInput;
  readonly packet: RulePacket;
}

export type Problem = { readonly problem: string };

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

interface Arrival {
  readonly node: ClusterNode;
  readonly from: ServicePacket["from"];
}

/** The node to which a static route of the lab file leads, from the sender itself or from the router: externalIPs are reached so. */
function routedTo({ cluster, topology }: Lab, from: Target, to: string, family: Family): ClusterNode | undefined {
  const address = parseAddress(to);
  const routes = topology.nodes
    .filter(({ name }) => name === from.ns || name === "router")
    .flatMap((node) => node.routes)
    .flatMap(({ to: text, via }) => {
      const prefix = parsePrefix(text);
      const inside = address !== undefined && prefix !== undefined && prefixContains(prefix, address);
      return inside && via !== undefined ? [{ length: prefix.length, via }] : [];
    })
    .toSorted((a, b) => b.length - a.length);
  return routes
    .map(({ via }) => cluster?.nodes.find((node) => node.address[family] === via))
    .find((node) => node !== undefined);
}

/**
 * The node whose rules the packet meets, and the source that it has there: a node port of another node is decided over
 * there, after this node has masqueraded what comes from its pods (flannel: cluster → outside of the pod network).
 */
function arrival(lab: Lab, cluster: ClusterModel, from: Target, to: string, family: Family): Arrival | Problem {
  const owner = cluster.nodes.find((node) => node.address[family] === to);
  const own = cluster.nodes.find((node) => node.name === from.node);
  const source = from.addresses[family];
  if (source === undefined) return { problem: `${from.text} has no address in this family` };
  if (own === undefined) {
    const node = owner ?? loadBalancerSpeaker(cluster, to) ?? routedTo(lab, from, to, family);
    return node === undefined
      ? {
          problem: `${from.text} is outside of the cluster, and ${to} is neither a node's address nor one that a node announces, and no static route of the lab file leads it to a node`,
        }
      : { node, from: { kind: "outside", address: source } };
  }
  const isNode = from.ns === own.name;
  if (owner !== undefined && owner !== own) {
    const masked = isNode || cluster.cni.ipMasq;
    const address = masked ? (own.address[family] ?? source) : source;
    return { node: owner, from: { kind: masked ? "outside" : "pod", address } };
  }
  if (isLoopback(to) && isNode) return { node: own, from: { kind: "node", address: to } };
  return { node: own, from: { kind: isNode ? "node" : "pod", address: source } };
}

interface AddrOfIp {
  readonly addr_info?: readonly { readonly family: string; readonly local?: string }[];
}

/** The kernel's own list, so that nothing is taken from the plan. */
async function addressesOf(
  context: Pick<CheckContext, "client">,
  node: ClusterNode,
  family: Family,
): Promise<readonly string[]> {
  const { stdout } = await context.client.call("run", { ns: node.name, argv: ["ip", "-j", "addr"], timeout: 5000 });
  const links = JSON.parse(stdout === "" ? "[]" : stdout) as readonly AddrOfIp[];
  const all = links.flatMap((link) => link.addr_info ?? []).flatMap((one) => one.local ?? []);
  const own = all.filter((one) => one.includes(":") === (family === "ipv6") && !isLoopback(one)).map(canonicalAddress);
  const primary = node.address[family];
  return [...new Set(primary === undefined ? own : [primary, ...own])];
}

export async function serviceCase(
  context: Pick<CheckContext, "client" | "lab">,
  check: { readonly port: number; readonly protocol: "tcp" | "udp" | "sctp" },
  from: Target,
  to: string,
  family: Family,
): Promise<ServiceCase | Problem> {
  const { cluster } = context.lab;
  if (cluster === undefined) return { problem: "the lab has no cluster, so it has no Services" };
  const place = arrival(context.lab, cluster, from, canonicalAddress(to), family);
  if ("problem" in place) return place;
  const { node } = place;
  const nodeIPs = await addressesOf(context, node, family);
  return {
    node,
    input: {
      family,
      nodeName: node.name,
      zone: node.labels[ZONE],
      nodeIPs,
      podCIDR: cluster.podCIDR[family],
      serviceCIDR: cluster.serviceCIDR[family],
      services: cluster.services,
      slices: cluster.slices,
      proxy: node.kubeProxy ?? cluster.kubeProxy,
    },
    packet: {
      from: place.from,
      to: canonicalAddress(to),
      port: check.port,
      protocol: check.protocol.toUpperCase() as ServiceProtocol,
      family,
      localAddresses: nodeIPs,
    },
  };
}

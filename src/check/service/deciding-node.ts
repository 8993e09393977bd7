/** Which node decides about a packet to a Service, and what it knows: kube-proxy acts where the packet first meets its rules. */
import type { ClusterModel, ClusterNode } from "../../model/cluster.ts";
import { loadBalancerSpeaker } from "../../model/load-balancer-speaker.ts";
import type { ServiceCheck } from "../../model/check.ts";
import type { Target } from "../../model/lab.ts";
import type { ProxyInput } from "../../model/service.ts";
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

/**
 * The node whose rules the packet meets, and the source that it has there: a node port of another node is decided over
 * there, after this node has masqueraded what comes from its pods (flannel: cluster → outside of the pod network).
 */
function arrival(cluster: ClusterModel, from: Target, to: string, family: Family): Arrival | Problem {
  const owner = cluster.nodes.find((node) => node.address[family] === to);
  const own = cluster.nodes.find((node) => node.name === from.node);
  const source = from.addresses[family];
  if (source === undefined) return { problem: `${from.text} has no address in this family` };
  if (own === undefined) {
    const node = owner ?? loadBalancerSpeaker(cluster, to);
    return node === undefined
      ? {
          problem: `${from.text} is outside of the cluster, and ${to} is neither a node's address nor one that a node announces`,
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
  check: Pick<ServiceCheck, "port" | "protocol">,
  from: Target,
  to: string,
  family: Family,
): Promise<ServiceCase | Problem> {
  const { cluster } = context.lab;
  if (cluster === undefined) return { problem: "the lab has no cluster, so it has no Services" };
  const place = arrival(cluster, from, canonicalAddress(to), family);
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
      protocol: check.protocol === "udp" ? "UDP" : "TCP",
      family,
      localAddresses: nodeIPs,
    },
  };
}

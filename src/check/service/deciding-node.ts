/** Which node decides about a packet to a Service, and what it knows: kube-proxy acts where the packet first meets its rules. */
import type { ClusterNode } from "../../model/cluster.ts";
import type { Target } from "../../model/lab.ts";
import type { ProxyInput, ServiceProtocol } from "../../model/service.ts";
import { serviceArrival } from "../../model/service-arrival.ts";
import type { Problem } from "../../model/service-arrival.ts";
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

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
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
  const place = serviceArrival(cluster, from, canonicalAddress(to), family, context.lab.topology);
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

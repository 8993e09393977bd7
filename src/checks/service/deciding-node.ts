/** Which node decides about a packet to a Service, and with what input: kube-proxy acts where the packet first meets its rules. */
import { clusterCIDR, networkPlugin, proxiedServices } from "../../cluster/cni/registry.ts";
import { isLoopback } from "../../net/special-address.ts";
import { canonicalAddress } from "../../net/families.ts";
import { splitHostPort } from "../../net/host-port.ts";
import { engineOf } from "../../cluster/kube-proxy/modes.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Target } from "../../net/target.ts";
import type { ProxyInput } from "../../kube/service/service.ts";
import type { ServiceProtocol } from "../../net/protocol.ts";
import { INTERNET, ROUTER } from "../../cluster/bgp/routers.ts";
import { serviceArrival } from "../../oracle/service/service-arrival.ts";
import type { Arrival, Problem } from "../../oracle/service/service-arrival.ts";
import type { Family } from "../../net/family.ts";
import { parseAddress, parsePrefix, prefixContains } from "../../net/address.ts";
import type { RunContext } from "../kind.ts";
import { SERVICE_DEVICES } from "../../resources/policy-names.ts";
import { podDevicesOf } from "../../cluster/pod-devices.ts";
import { output } from "../../installed/read-rules.ts";
import type { RulePacket } from "../../installed/way.ts";
import { addressOutside, clusterOf, clusterTowards } from "../../cluster/lab-clusters.ts";

const ZONE = "topology.kubernetes.io/zone";

export interface ServiceCase {
  readonly node: ClusterNode;
  readonly input: ProxyInput;
  readonly packet: RulePacket;
  /** Where the cluster's pods have their addresses. */
  readonly pods: string | undefined;
}

interface AddrOfIp {
  readonly ifname?: string;
  readonly addr_info?: readonly { readonly family: string; readonly local?: string }[];
}

interface Addresses {
  /** The node's own, the primary one first. */
  readonly own: readonly string[];
  /** Including those of Services that a proxy with IPVS adds. */
  readonly all: readonly string[];
}

/** The kernel's own list, so that nothing is taken from the plan. */
async function addressesOf(context: Pick<RunContext, "client">, node: ClusterNode, family: Family): Promise<Addresses> {
  const stdout = await output(context.client, node.name, ["ip", "-j", "addr"]);
  const links = JSON.parse(stdout === "" ? "[]" : stdout) as readonly AddrOfIp[];
  const list = (those: readonly AddrOfIp[]): readonly string[] => {
    const found = those.flatMap((link) => link.addr_info ?? []).flatMap((one) => one.local ?? []);
    return found.filter((one) => one.includes(":") === (family === "ipv6") && !isLoopback(one)).map(canonicalAddress);
  };
  const primary = node.address[family];
  const own = list(links.filter(({ ifname = "" }) => !SERVICE_DEVICES.has(ifname)));
  const first = primary === undefined ? [] : [primary];
  return { own: [...new Set([...first, ...own])], all: [...new Set([...first, ...own, ...list(links)])] };
}

/** The cluster whose rules decide, and where a packet meets them. */
function rulesMet(
  { clusters, topology }: Lab,
  from: Target,
  to: string,
  family: Family,
): { readonly cluster: ClusterModel; readonly place: Arrival } | Problem {
  const cluster = clusterTowards({ clusters }, from, to);
  if (cluster === undefined) return { problem: "the lab has no cluster, so it has no Services" };
  const own = clusterOf({ clusters }, from);
  const isAcross = own !== undefined && own !== cluster;
  const source = isAcross ? addressOutside(own, from, family) : undefined;
  const sender = source === undefined ? from : { ...from, addresses: { [family]: source } };
  const place = serviceArrival(cluster, sender, to, family, topology);
  if (!("problem" in place)) return { cluster, place };
  // What means nothing outside of the other cluster meets the rules of the sender's own, and no others.
  const home = isAcross ? serviceArrival(own, from, to, family, topology) : place;
  return own === undefined || "problem" in home ? place : { cluster: own, place: home };
}

interface RouteOfIp {
  readonly gateway?: string;
}

/**
 * The router's kernel chooses one of several next hops by a hash: of addresses, so that it is always the same node for a sender, or
 * of ports, too. Then each connection may meet another node, which matters where nodes have endpoints of their own.
 */
async function chosenNode(
  { client }: Pick<RunContext, "client">,
  { services }: ClusterModel,
  { node, from, oneOf }: Arrival,
  sender: Target,
  to: string,
): Promise<ClusterNode | Problem> {
  if (oneOf === undefined || sender.ns !== INTERNET) return node;
  const [policy, answer] = await Promise.all([
    output(client, ROUTER, ["sysctl", "-n", "net.ipv4.fib_multipath_hash_policy"]),
    output(client, ROUTER, ["ip", "-j", "route", "get", to, "from", from.address, "iif", INTERNET]),
  ]);
  const isLocal = services.some(
    ({ loadBalancerIPs, externalIPs, externalTrafficPolicy }) =>
      externalTrafficPolicy === "Local" && [...loadBalancerIPs.map(({ ip }) => ip), ...externalIPs].includes(to),
  );
  if (policy.trim() !== "0" && isLocal)
    return {
      problem: `the router spreads connections to ${to} over ${oneOf.map(({ name }) => name).join(", ")}, and with externalTrafficPolicy Local each has endpoints of its own: http and capture checks show what arrives where`,
    };
  const [route] = JSON.parse(answer === "" ? "[]" : answer) as readonly RouteOfIp[];
  return oneOf.find(({ address }) => Object.values(address).includes(route?.gateway ?? "")) ?? node;
}

export async function serviceCase(
  context: Pick<RunContext, "client" | "lab">,
  check: { readonly port: number; readonly protocol: "tcp" | "udp" | "sctp" },
  from: Target,
  to: string,
  family: Family,
): Promise<ServiceCase | Problem> {
  const met = rulesMet(context.lab, from, canonicalAddress(to), family);
  if ("problem" in met) return met;
  const { cluster, place } = met;
  const node = await chosenNode(context, cluster, place, from, canonicalAddress(to));
  if ("problem" in node) return node;
  const { own: nodeIPs, all } = await addressesOf(context, node, family);
  const proxy = node.kubeProxy ?? cluster.kubeProxy;
  const destination = canonicalAddress(to);
  // The node sends to its own address from that address.
  const own = engineOf(proxy) === "ipvs" && place.from.kind === "node" && all.includes(destination);
  return {
    node,
    pods: cluster.podCIDR[family],
    input: {
      family,
      nodeName: node.name,
      zone: node.labels[ZONE],
      nodeIPs,
      podCIDR: clusterCIDR(cluster, family),
      serviceCIDR: cluster.serviceCIDR[family],
      bridged: networkPlugin(cluster).bridged(cluster.cni),
      nodeCIDR: node.podCIDR[family],
      services: proxiedServices(cluster),
      slices: cluster.slices,
      proxy,
    },
    packet: {
      from: own ? { ...place.from, address: destination } : place.from,
      to: destination,
      port: check.port,
      protocol: check.protocol.toUpperCase() as ServiceProtocol,
      family,
      localAddresses: all,
      bridged: networkPlugin(cluster).bridged(cluster.cni),
      podDevices: podDevicesOf(cluster, node.name),
    },
  };
}

/** An endpoint outside the pod network that a pod is sent to: on the way there the network plugin masquerades, not kube-proxy. */
export function leavesPodNetwork({ pods, packet }: ServiceCase, endpoint: string): boolean {
  const prefix = parsePrefix(pods ?? "");
  const address = parseAddress(splitHostPort(endpoint).address);
  if (packet.from.kind !== "pod" || prefix === undefined || address === undefined) return false;
  return !prefixContains(prefix, address);
}

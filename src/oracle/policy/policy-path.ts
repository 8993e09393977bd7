/**
 * The path of a connection as NetworkPolicies see it: after Service translation, with the source that each end's node sees.
 * A packet is judged where it is forwarded: egress at its pod's node, ingress at the destination's.
 */
import { splitHostPort } from "../../net/host-port.ts";
import { canonicalAddress } from "../../net/families.ts";
import type { Family } from "../../net/family.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import { clusterCIDR, proxiedServices, networkPlugin } from "../../cluster/cni/registry.ts";
import { addressOutside } from "../../cluster/lab-clusters.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { Target } from "../../net/target.ts";
import { DEFAULT_SWITCHES } from "../../cluster/policy/switches.ts";
import type { PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { Passages } from "./host-passages.ts";
import { hostVerdicts } from "./host-verdict.ts";
import type { HostPassage } from "./host-verdict.ts";
import { evaluate } from "./policy-oracle.ts";
import type { Judgement, PolicyEndpoint, PolicyPacket } from "./policy-oracle.ts";
import { nodeAddresses } from "../../cluster/policy/policy-world.ts";
import { serviceArrival } from "../service/service-arrival.ts";
import { decide } from "../service/service-oracle.ts";
import { findFrontend } from "../service/service-frontend.ts";
import type { ServicePacket } from "../service/service-frontend.ts";
import type { ProxyInput } from "../../kube/service/service.ts";

/** The client: a pod, a node, or an outside address. */
export type PathSource = Pick<Target, "text" | "ns" | "node" | "pod" | "addresses">;

/** Where a packet is judged, and what it looks like there. */
export interface PolicyHop {
  readonly node: string;
  readonly packet: PolicyPacket;
  /** `input`, `output`: between a pod and its own node, which does not forward it. `prerouting`: before Services translate it. */
  readonly hook: "prerouting" | "forward" | "input" | "output";
  /** The destination is the node itself. */
  readonly isLocal?: boolean | undefined;
}

export interface PolicyPath {
  /** `10.244.1.2:80` when a Service led here. */
  readonly endpoint?: string | undefined;
  /** Absent: the source is not a pod of the pod network. */
  readonly egress?: PolicyHop | undefined;
  /** Absent: the destination is none. */
  readonly ingress?: PolicyHop | undefined;
  /** Nodes on its way, where the cluster has host endpoints. */
  readonly passages?: readonly HostPassage[] | undefined;
  readonly judgement: Judgement;
}

type Protocol = PolicyPacket["protocol"];

const ZONE = "topology.kubernetes.io/zone";

function podOf(cluster: ClusterModel, address: string, family: Family): PodModel | undefined {
  return cluster.pods.find((pod) => !pod.hostNetwork && pod.address[family] === address);
}

function endOf(pod: PodModel | undefined, address: string): PolicyEndpoint {
  return { pod: pod === undefined ? undefined : { namespace: pod.namespace, name: pod.name }, address };
}

/** The address from which a node sends to pods of a node; masquerading chooses the same. */
function nodeAddressTowards(cluster: ClusterModel, node: ClusterNode, to: PodModel, family: Family): string {
  const other = cluster.nodes.find(({ name }) => name === to.node);
  if (other === undefined) return node.address[family] ?? "";
  return networkPlugin(cluster).path(cluster, { node }, { node: other, pod: to }, family).source;
}

function proxyInput(cluster: ClusterModel, node: ClusterNode, family: Family): ProxyInput {
  return {
    family,
    nodeName: node.name,
    zone: node.labels[ZONE],
    nodeIPs: nodeAddresses(cluster, node).filter((address) => address.includes(":") === (family === "ipv6")),
    podCIDR: clusterCIDR(cluster, family),
    serviceCIDR: cluster.serviceCIDR[family],
    bridged: networkPlugin(cluster).bridged(cluster.cni),
    nodeCIDR: node.podCIDR[family],
    services: proxiedServices(cluster),
    slices: cluster.slices,
    proxy: node.kubeProxy ?? cluster.kubeProxy,
  };
}

type Sighting = Omit<PolicyHop, "hook" | "isLocal"> | undefined;

function pathOf(
  world: PolicyWorld,
  seen: {
    readonly endpoint?: string;
    readonly egress: Sighting;
    readonly ingress: Sighting;
    readonly passages?: readonly HostPassage[] | undefined;
  },
): PolicyPath {
  const { beforeDNAT } = world.switches ?? DEFAULT_SWITCHES;
  const hop = (at: Sighting): PolicyHop | undefined => {
    if (at === undefined) return undefined;
    const own = world.nodes.find((node) => node.name === at.node)?.addresses ?? [];
    const { from, to } = at.packet;
    const isLocal = own.includes(to.address);
    const hook = own.includes(from.address) ? "output" : isLocal ? "input" : "forward";
    return { ...at, hook: beforeDNAT && at === seen.egress ? "prerouting" : hook, isLocal };
  };
  const path = { ...seen, egress: hop(seen.egress), ingress: hop(seen.ingress) };
  const open = { allowed: true, reason: "no-pod", isolatedBy: [] } as const;
  const egress = path.egress === undefined ? open : evaluate(world, path.egress.packet).egress;
  const ingress = path.ingress === undefined ? open : evaluate(world, path.ingress.packet).ingress;
  if (seen.passages === undefined)
    return { ...path, judgement: { allowed: egress.allowed && ingress.allowed, egress, ingress } };
  const hosts = hostVerdicts(world, seen.passages);
  const allowed = egress.allowed && ingress.allowed && hosts.every((one) => one.allowed);
  return { ...path, judgement: { allowed, egress, ingress, hosts } };
}

/** The identity of the source, as the cluster knows it. */
interface Source {
  readonly pod: PodModel | undefined;
  readonly node: ClusterNode | undefined;
  readonly address: string;
}

function sourceOf(cluster: ClusterModel, from: PathSource, family: Family): Source | undefined {
  const address = from.addresses[family];
  if (address === undefined) return undefined;
  const found =
    from.pod === undefined
      ? undefined
      : cluster.pods.find((it) => it.namespace === from.pod?.namespace && it.name === from.pod.name);
  return {
    pod: found?.hostNetwork === true ? undefined : found,
    node: cluster.nodes.find(({ name }) => name === from.node),
    address: canonicalAddress(address),
  };
}

function direct(
  cluster: ClusterModel,
  world: PolicyWorld,
  source: Source,
  to: { readonly address: string; readonly port: number },
  protocol: Protocol,
  family: Family,
): PolicyPath {
  const target = podOf(cluster, to.address, family);
  const { pod, node } = source;
  const asNode =
    pod === undefined && node !== undefined && target !== undefined
      ? nodeAddressTowards(cluster, node, target, family)
      : source.address;
  const packet = { from: endOf(pod, asNode), to: endOf(target, to.address), protocol, port: to.port };
  return pathOf(world, {
    egress: pod === undefined ? undefined : { node: pod.node, packet },
    ingress: target === undefined ? undefined : { node: target.node, packet },
    ...(hasHosts(world) ? { passages: new Passages(cluster, family).direct(source, { packet, target }) } : {}),
  });
}

interface Translated {
  readonly node: ClusterNode;
  readonly from: ServicePacket["from"];
  readonly masquerade: boolean;
}

const hasHosts = ({ calico }: PolicyWorld): boolean => (calico?.hostEndpoints.length ?? 0) > 0;

/** One endpoint of a Service. The node that translates has not masqueraded yet when it forwards; the next one sees it done. */
function toEndpoint(
  cluster: ClusterModel,
  world: PolicyWorld,
  source: Source,
  asked: { readonly address: string; readonly port: number },
  endpoint: string,
  { node, from, masquerade }: Translated,
  protocol: Protocol,
  family: Family,
): PolicyPath {
  const { address: literal, port } = splitHostPort(endpoint);
  const address = canonicalAddress(literal);
  const target = podOf(cluster, address, family);
  const { pod } = source;
  const here = pod !== undefined && pod.node === node.name;
  const hairpin = pod !== undefined && pod === target;
  const isTranslated = here && !(world.switches ?? DEFAULT_SWITCHES).beforeDNAT;
  const egressTo = isTranslated
    ? { end: endOf(target, address), port }
    : { end: endOf(undefined, asked.address), port: asked.port };
  const isLocal = target?.node === node.name;
  const fromNode = pod === undefined && source.node === node;
  const seen = (): PolicyEndpoint => {
    if (target === undefined) return endOf(pod, source.address);
    if (fromNode || (!isLocal && masquerade))
      return endOf(undefined, nodeAddressTowards(cluster, node, target, family));
    return endOf(here ? pod : undefined, canonicalAddress(from.address));
  };
  const own = endOf(pod, source.address);
  const leaving: PolicyPacket = { from: own, to: endOf(target, address), protocol, port, hairpin };
  const whole = { from: own, to: endOf(undefined, asked.address), protocol, port: asked.port };
  const passages = (): readonly HostPassage[] =>
    new Passages(cluster, family).translated(
      source,
      node,
      whole,
      { packet: leaving, target },
      { ...leaving, from: seen() },
    );
  return pathOf(world, {
    ...(hasHosts(world) ? { passages: passages() } : {}),
    endpoint,
    egress:
      pod === undefined
        ? undefined
        : {
            node: pod.node,
            packet: { from: endOf(pod, source.address), to: egressTo.end, protocol, port: egressTo.port, hairpin },
          },
    ingress:
      target === undefined
        ? undefined
        : { node: target.node, packet: { from: seen(), to: endOf(target, address), protocol, port, hairpin } },
  });
}

/**
 * From one cluster to another: each judges what its own nodes forward. The other one sees an outside address, which is the one that
 * the network plugin leaves the packet on its way out.
 */
export function pathsAcross(
  [own, ownWorld]: readonly [ClusterModel, PolicyWorld],
  [other, otherWorld]: readonly [ClusterModel, PolicyWorld],
  from: PathSource,
  to: { readonly address: string; readonly port: number },
  protocol: Protocol,
  family: Family,
): readonly PolicyPath[] | undefined {
  const source = addressOutside(own, from, family);
  if (source === undefined) return undefined;
  const abroad = { text: from.text, ns: from.text, node: "", addresses: { [family]: source } };
  const [out] = policyPaths(own, ownWorld, from, to, protocol, family) ?? [];
  return policyPaths(other, otherWorld, abroad, to, protocol, family)?.map((path) => {
    const { egress } = out?.judgement ?? path.judgement;
    const { ingress } = path.judgement;
    const hosts = [...(out?.judgement.hosts ?? []), ...(path.judgement.hosts ?? [])];
    const passages = [...(out?.passages ?? []), ...(path.passages ?? [])];
    return {
      ...path,
      egress: out?.egress,
      ...(passages.length === 0 ? {} : { passages }),
      judgement: { allowed: [egress, ingress, ...hosts].every((one) => one.allowed), egress, ingress, hosts },
    };
  });
}

/**
 * All ways that a connection may take: one, or one per endpoint of the Service that the address belongs to. Undefined where
 * policies do not decide: kube-proxy itself refuses or drops it, or its destination is unknown.
 */
export function policyPaths(
  cluster: ClusterModel,
  world: PolicyWorld,
  from: PathSource,
  to: { readonly address: string; readonly port: number },
  protocol: Protocol,
  family: Family,
): readonly PolicyPath[] | undefined {
  const source = sourceOf(cluster, from, family);
  if (source === undefined) return undefined;
  // What is not of a port is of no Service.
  const asked = { ...to, address: canonicalAddress(to.address) };
  if (podOf(cluster, asked.address, family) !== undefined || cluster.services.length === 0 || protocol === "ICMP")
    return [direct(cluster, world, source, asked, protocol, family)];
  const place = serviceArrival(cluster, from, asked.address, family);
  if ("problem" in place)
    return source.pod === undefined ? undefined : [direct(cluster, world, source, asked, protocol, family)];
  const input = proxyInput(cluster, place.node, family);
  const packet = { from: place.from, to: asked.address, port: asked.port, protocol };
  if (findFrontend(input, packet) === undefined) return [direct(cluster, world, source, asked, protocol, family)];
  const decision = decide(input, packet);
  if (typeof decision !== "object") return undefined;
  return decision.endpoints.map((endpoint) =>
    toEndpoint(
      cluster,
      world,
      source,
      asked,
      endpoint,
      { ...place, masquerade: decision.masquerade },
      protocol,
      family,
    ),
  );
}

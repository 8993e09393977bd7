/** Whether policies allow a connection, by the semantics of the APIs alone; independent of rules, kernels and network plugins. */
import { parseAddress, parsePrefix, prefixContains, type Address } from "../../net/address.ts";
import type { AnyPolicy, PolicyObject } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { matches } from "../../kube/label-selector.ts";
import type { LabelSelector, PolicyPeer, PolicyPort } from "../../kube/network-policy/network-policy.ts";
import { failingCondition } from "./calico-rules.ts";
import { namespaceLabels, unmeantByBlocks } from "../../cluster/policy/world-facts.ts";
import type { PolicyWorld, WorldPod } from "../../cluster/policy/policy-world.ts";
import { ruleReadings } from "../../cluster/policy/rule-readings.ts";
import { DEFAULT_SWITCHES, sparesOwnNode } from "../../cluster/policy/switches.ts";
import { isCalicoRule, podTiers, type Direction, type PodTier, type TierRule } from "../../cluster/policy/tiers.ts";
import type { Cause } from "../../cause.ts";
import type { HostEndpointModel } from "../../kube/calico/calico-policy.ts";
import type { HostStage } from "../../cluster/policy/host-endpoints.ts";
import { perObject } from "../../memo.ts";
import { namespacedName } from "../../net/object-ref.ts";

/** One end of a connection, as policies see it: after Service translation. */
export interface PolicyEndpoint {
  /** Absent: anything with the address. */
  readonly pod?: { readonly namespace: string; readonly name: string } | undefined;
  readonly address: string;
}

/** The first packet of a connection; replies of an allowed one are always allowed. */
export interface PolicyPacket {
  readonly from: PolicyEndpoint;
  readonly to: PolicyEndpoint;
  readonly protocol: "TCP" | "UDP" | "SCTP" | "ICMP";
  /** Of ICMP 0. */
  readonly port: number;
  readonly icmp?: { readonly type: number; readonly code: number } | undefined;
  /** A packet of a pod to itself that leaves it, as through a Service; otherwise it stays on the pod's own lo, where nothing can block it. */
  readonly hairpin?: boolean | undefined;
}

/** The cause of a direction's verdict. */
export type VerdictReason =
  /** The end of this direction is not a pod. */
  | "no-pod"
  /** It is a pod in its node's network: not policed. */
  | "host-network"
  /** The packet does not leave the pod. */
  | "self"
  /** A pod and its own node always reach each other. */
  | "own-node"
  /** No tier decides about it: no NetworkPolicy selects the pod for this direction. */
  | "not-isolated"
  /** `decidedBy`. */
  | "rule"
  /** Policies of a tier that denies at its end select the pod, and none of their rules matches. */
  | "isolated";

/** The rule that decides: the first match in the order of tiers, policies and rules. */
export type DecidingRule = TierRule & {
  readonly tier: string;
  /** Absent where the rule names none. */
  readonly peer?: PolicyPeer | undefined;
  readonly port?: PolicyPort | undefined;
};

export interface DirectionVerdict {
  readonly allowed: boolean;
  readonly reason: VerdictReason;
  /** The policies of the tier that isolates: NetworkPolicies that select the pod for this direction, where it was for them to decide. */
  readonly isolatedBy: readonly AnyPolicy[];
  readonly decidedBy?: DecidingRule | undefined;
}

/** What the policies of one host endpoint say on a packet's way. */
export interface HostVerdict {
  readonly node: string;
  readonly device: string;
  readonly endpoint: HostEndpointModel;
  readonly stage: HostStage;
  readonly direction: Direction;
  readonly allowed: boolean;
  /** `profile`, `no-profile`: no policy decides; what no profile allows is denied. */
  readonly reason: "rule" | "isolated" | "failsafe" | "no-policy" | "profile" | "no-profile";
  readonly isolatedBy: readonly AnyPolicy[];
  readonly decidedBy?: DecidingRule | undefined;
}

export interface Judgement {
  /** Of host endpoints on the way, up to the first that denies. Absent: the cluster has none. */
  readonly hosts?: readonly HostVerdict[] | undefined;
  readonly allowed: boolean;
  readonly egress: DirectionVerdict;
  readonly ingress: DirectionVerdict;
}

/** The rule, or the first policy, that causes it; undefined: no policy does. */
export function causeOf({ decidedBy, isolatedBy }: DirectionVerdict): Cause | undefined {
  return decidedBy?.rule.cause ?? isolatedBy[0]?.cause;
}

/** A world with what every question needs looked up once. */
class Index {
  readonly #pods = new Map<string, WorldPod>();
  readonly #byAddress = new Map<string, WorldPod>();
  readonly #nodeLabels: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly #internalIPs: ReadonlyMap<string, string>;
  readonly #nodes: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #unmeant: readonly string[];
  readonly #blocks = new Map<string, ReturnType<typeof parsePrefix>>();

  constructor(world: PolicyWorld) {
    for (const pod of world.pods) {
      this.#pods.set(namespacedName(pod), pod);
      if (!pod.hostNetwork) for (const address of pod.addresses) this.#byAddress.set(address, pod);
    }
    this.#nodeLabels = new Map(world.nodes.map(({ name, labels }) => [name, labels]));
    this.#internalIPs = new Map(world.nodes.flatMap(({ name, internalIPs }) => internalIPs.map((ip) => [ip, name])));
    this.#nodes = new Map(world.nodes.map(({ name, addresses }) => [name, new Set(addresses)]));
    this.#unmeant = unmeantByBlocks(world);
  }

  pod(endpoint: PolicyEndpoint): WorldPod | undefined {
    return endpoint.pod === undefined
      ? this.#byAddress.get(endpoint.address)
      : this.#pods.get(namespacedName(endpoint.pod));
  }

  /** A node of these labels by its own address, or a pod in its network. */
  isNodeOf(selector: LabelSelector, endpoint: PolicyEndpoint, pod: WorldPod | undefined): boolean {
    const name = pod?.hostNetwork === true ? pod.node : this.#internalIPs.get(endpoint.address);
    const labels = name === undefined ? undefined : this.#nodeLabels.get(name);
    return labels !== undefined && matches(selector, labels);
  }

  isNode(node: string, endpoint: PolicyEndpoint, pod: WorldPod | undefined): boolean {
    return (pod?.hostNetwork === true && pod.node === node) || this.#nodes.get(node)?.has(endpoint.address) === true;
  }

  isMeant({ cidr, except }: Extract<PolicyPeer, { kind: "ipBlock" }>, text: string): boolean {
    const address = parseAddress(text);
    return this.within(cidr, address) && ![...except, ...this.#unmeant].some((one) => this.within(one, address));
  }

  within(cidr: string, address: Address | undefined): boolean {
    if (!this.#blocks.has(cidr)) this.#blocks.set(cidr, parsePrefix(cidr));
    const block = this.#blocks.get(cidr);
    return block !== undefined && address !== undefined && prefixContains(block, address);
  }
}

const indexOf = perObject((world: PolicyWorld) => new Index(world));

/** The pod at an end: the one that is named, or the one in the pod network that has the address. */
export function podAt(world: PolicyWorld, endpoint: PolicyEndpoint): WorldPod | undefined {
  return indexOf(world).pod(endpoint);
}

/** Selectors see pods of the pod network; a hostNetwork pod is one of its node's addresses. Networks and nodes are addresses only. */
export function peerMatches(
  world: PolicyWorld,
  policy: PolicyObject,
  peer: PolicyPeer,
  other: PolicyEndpoint,
): boolean {
  const index = indexOf(world);
  if (peer.kind === "ipBlock") return index.isMeant(peer, other.address);
  if (peer.kind === "domainNames") return false;
  const pod = index.pod(other);
  if (peer.kind === "nodes") return index.isNodeOf(peer.selector, other, pod);
  if (pod === undefined || pod.hostNetwork) return false;
  const inNamespace =
    peer.namespaceSelector === undefined
      ? policy.kind === "NetworkPolicy" && pod.namespace === policy.namespace
      : matches(peer.namespaceSelector, namespaceLabels(world, pod.namespace));
  return inNamespace && (peer.podSelector === undefined || matches(peer.podSelector, pod.labels));
}

/** A name is looked up on the destination, by name and protocol; a destination without such a port never matches. */
export function portMatches(world: PolicyWorld, port: PolicyPort, packet: PolicyPacket): boolean {
  if (port.protocol !== undefined && port.protocol !== packet.protocol) return false;
  if (port.port === undefined) return true;
  if (typeof port.port === "number") {
    return port.endPort === undefined
      ? packet.port === port.port
      : packet.port >= port.port && packet.port <= port.endPort;
  }
  const pod = indexOf(world).pod(packet.to);
  if (pod === undefined || pod.hostNetwork) return false;
  return pod.ports.some((p) => p.name === port.port && p.protocol === packet.protocol && p.port === packet.port);
}

/** The first rule of a tier that matches; undefined: none does. */
export function findRule(
  world: PolicyWorld,
  { tier, rules }: PodTier,
  direction: Direction,
  packet: PolicyPacket,
): DecidingRule | undefined {
  const other = direction === "ingress" ? packet.from : packet.to;
  for (const one of rules) {
    if (one.action === "log") continue;
    if (isCalicoRule(one)) {
      if (failingCondition(world, one.rule, packet) === undefined) return { ...one, tier };
      continue;
    }
    const { policy } = one;
    for (const { ports, peers } of ruleReadings(world, policy, one.rule, direction)) {
      const port = ports.find((candidate) => portMatches(world, candidate, packet));
      if (port === undefined && ports.length > 0) continue;
      const peer = peers.find((candidate) => peerMatches(world, policy, candidate, other));
      if (peer === undefined && peers.length > 0) continue;
      return { ...one, tier, peer, port };
    }
  }
  return undefined;
}

/** Those whose tier denies what they do not allow. */
const isolating = ({ policies, otherwise }: PodTier): readonly AnyPolicy[] => (otherwise === "deny" ? policies : []);

function evaluateDirection(world: PolicyWorld, packet: PolicyPacket, direction: Direction): DirectionVerdict {
  const index = indexOf(world);
  const [end, other] = direction === "ingress" ? [packet.to, packet.from] : [packet.from, packet.to];
  const pod = index.pod(end);
  const open = (reason: VerdictReason): DirectionVerdict => ({ allowed: true, reason, isolatedBy: [] });
  if (pod === undefined) return open("no-pod");
  if (pod.hostNetwork) return open("host-network");
  const peer = index.pod(other);
  if (peer === pod && packet.hairpin !== true) return open("self");
  const isOwnNode = index.isNode(pod.node, other, peer);
  const isSpared = isOwnNode && sparesOwnNode(world.switches ?? DEFAULT_SWITCHES, direction);
  for (const tier of podTiers(world, pod, direction)) {
    if (isOwnNode && tier.sparesOwnNode) return open("own-node");
    const isolatedBy = isolating(tier);
    const decidedBy = findRule(world, tier, direction, packet);
    if (decidedBy?.action === "pass") continue;
    if (decidedBy !== undefined)
      return { allowed: decidedBy.action === "allow", reason: "rule", isolatedBy, decidedBy };
    if (tier.otherwise === "deny") return { allowed: false, reason: "isolated", isolatedBy };
  }
  return open(isSpared ? "own-node" : "not-isolated");
}

/**
 * What policies say to a connection's first packet. Egress must be allowed at the source and ingress at the destination
 * (KEP-95, API documentation of NetworkPolicySpec).
 */
export function evaluate(world: PolicyWorld, packet: PolicyPacket): Judgement {
  const egress = evaluateDirection(world, packet, "egress");
  const ingress = evaluateDirection(world, packet, "ingress");
  return { allowed: egress.allowed && ingress.allowed, egress, ingress };
}

/** The policies that isolate a pod for a direction. */
export function isolatingPolicies(world: PolicyWorld, pod: WorldPod, direction: Direction): readonly AnyPolicy[] {
  return podTiers(world, pod, direction).flatMap(isolating);
}

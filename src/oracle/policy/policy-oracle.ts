/** Whether the NetworkPolicies allow a connection, by the API's words alone; knows nothing of rules or kernels. */
import { parseAddress, parsePrefix, prefixContains } from "../../net/address.ts";
import type { Address } from "../../net/address.ts";
import { matches } from "../../kube/label-selector.ts";
import type {
  NetworkPolicyModel,
  PolicyPeer,
  PolicyPort,
  PolicyRule,
  PolicyWorld,
} from "../../kube/network-policy/network-policy.ts";

export type WorldPod = PolicyWorld["pods"][number];
export type Direction = "ingress" | "egress";

/** One end of a connection, as policies see it: after Service translation. */
export interface PolicyEndpoint {
  /** Absent: whoever has the address. */
  readonly pod?: { readonly namespace: string; readonly name: string } | undefined;
  readonly address: string;
}

/** The first packet of a connection; replies of an allowed one are always allowed. */
export interface PolicyPacket {
  readonly from: PolicyEndpoint;
  readonly to: PolicyEndpoint;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
  /** A packet of a pod to itself that leaves it, as through a Service; else it stays on the pod's own lo, where nothing can block it. */
  readonly hairpin?: boolean | undefined;
}

/** Why a direction is as it is. */
export type VerdictReason =
  /** The end of this direction is no pod. */
  | "no-pod"
  /** It is a pod in its node's network: not policed. */
  | "host-network"
  /** The packet does not leave the pod. */
  | "self"
  /** A pod and its own node always reach each other. */
  | "own-node"
  /** No policy selects the pod for this direction. */
  | "not-isolated"
  | "rule"
  | "isolated";

export interface Verdict {
  readonly allowed: boolean;
  readonly reason: VerdictReason;
  /** Every policy that selects the pod for this direction. */
  readonly isolatedBy: readonly NetworkPolicyModel[];
  /** What allowed it: the first match in the policies' order. `peer` and `port` are absent where the rule names none. */
  readonly allowedBy?:
    | {
        readonly policy: NetworkPolicyModel;
        readonly rule: PolicyRule;
        readonly peer?: PolicyPeer | undefined;
        readonly port?: PolicyPort | undefined;
      }
    | undefined;
}

export interface Judgement {
  readonly allowed: boolean;
  readonly egress: Verdict;
  readonly ingress: Verdict;
}

/** A world with what every question needs looked up once. */
class Index {
  readonly #pods = new Map<string, WorldPod>();
  readonly #byAddress = new Map<string, WorldPod>();
  readonly #namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly #nodes: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #policies = new Map<string, NetworkPolicyModel[]>();
  readonly #isolating = new Map<WorldPod, Readonly<Record<Direction, readonly NetworkPolicyModel[]>>>();
  readonly #blocks = new Map<string, ReturnType<typeof parsePrefix>>();

  constructor(world: PolicyWorld) {
    for (const pod of world.pods) {
      this.#pods.set(`${pod.namespace}/${pod.name}`, pod);
      if (!pod.hostNetwork) for (const address of pod.addresses) this.#byAddress.set(address, pod);
    }
    this.#namespaces = new Map(world.namespaces.map(({ name, labels }) => [name, labels]));
    this.#nodes = new Map(world.nodes.map(({ name, addresses }) => [name, new Set(addresses)]));
    for (const policy of world.policies) {
      const list = this.#policies.get(policy.namespace);
      if (list === undefined) this.#policies.set(policy.namespace, [policy]);
      else list.push(policy);
    }
  }

  pod(endpoint: PolicyEndpoint): WorldPod | undefined {
    return endpoint.pod === undefined
      ? this.#byAddress.get(endpoint.address)
      : this.#pods.get(`${endpoint.pod.namespace}/${endpoint.pod.name}`);
  }

  labelsOf(namespace: string): Readonly<Record<string, string>> {
    return this.#namespaces.get(namespace) ?? { "kubernetes.io/metadata.name": namespace };
  }

  isNode(node: string, endpoint: PolicyEndpoint, pod: WorldPod | undefined): boolean {
    return (pod?.hostNetwork === true && pod.node === node) || this.#nodes.get(node)?.has(endpoint.address) === true;
  }

  isolating(pod: WorldPod, direction: Direction): readonly NetworkPolicyModel[] {
    let found = this.#isolating.get(pod);
    if (found === undefined) {
      const selecting = (this.#policies.get(pod.namespace) ?? []).filter((p) => matches(p.podSelector, pod.labels));
      found = {
        ingress: selecting.filter((p) => p.types.includes("Ingress")),
        egress: selecting.filter((p) => p.types.includes("Egress")),
      };
      this.#isolating.set(pod, found);
    }
    return found[direction];
  }

  within(cidr: string, address: Address | undefined): boolean {
    if (!this.#blocks.has(cidr)) this.#blocks.set(cidr, parsePrefix(cidr));
    const block = this.#blocks.get(cidr);
    return block !== undefined && address !== undefined && prefixContains(block, address);
  }
}

const indices = new WeakMap<PolicyWorld, Index>();

function indexOf(world: PolicyWorld): Index {
  let index = indices.get(world);
  if (index === undefined) indices.set(world, (index = new Index(world)));
  return index;
}

/** The pod at an end: the one that is named, or the one in the pod network that has the address. */
export function podAt(world: PolicyWorld, endpoint: PolicyEndpoint): WorldPod | undefined {
  return indexOf(world).pod(endpoint);
}

/** Selectors see pods of the pod network; a hostNetwork pod is one of its node's addresses. ipBlock sees addresses only. */
export function peerMatches(
  world: PolicyWorld,
  policy: NetworkPolicyModel,
  peer: PolicyPeer,
  other: PolicyEndpoint,
): boolean {
  const index = indexOf(world);
  if (peer.kind === "ipBlock") {
    const address = parseAddress(other.address);
    return index.within(peer.cidr, address) && !peer.except.some((except) => index.within(except, address));
  }
  const pod = index.pod(other);
  if (pod === undefined || pod.hostNetwork) return false;
  const inNamespace =
    peer.namespaceSelector === undefined
      ? pod.namespace === policy.namespace
      : matches(peer.namespaceSelector, index.labelsOf(pod.namespace));
  return inNamespace && (peer.podSelector === undefined || matches(peer.podSelector, pod.labels));
}

/** A name is looked up on the destination, by name and protocol; who has no such port never matches. */
export function portMatches(world: PolicyWorld, port: PolicyPort, packet: PolicyPacket): boolean {
  if (port.protocol !== packet.protocol) return false;
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

function findRule(
  world: PolicyWorld,
  policies: readonly NetworkPolicyModel[],
  direction: Direction,
  packet: PolicyPacket,
): Verdict["allowedBy"] {
  const other = direction === "ingress" ? packet.from : packet.to;
  for (const policy of policies) {
    for (const rule of policy[direction]) {
      const port = rule.ports.find((candidate) => portMatches(world, candidate, packet));
      if (port === undefined && rule.ports.length > 0) continue;
      const peer = rule.peers.find((candidate) => peerMatches(world, policy, candidate, other));
      if (peer === undefined && rule.peers.length > 0) continue;
      return { policy, rule, peer, port };
    }
  }
  return undefined;
}

function judgeDirection(world: PolicyWorld, packet: PolicyPacket, direction: Direction): Verdict {
  const index = indexOf(world);
  const [end, other] = direction === "ingress" ? [packet.to, packet.from] : [packet.from, packet.to];
  const pod = index.pod(end);
  const open = (reason: VerdictReason): Verdict => ({ allowed: true, reason, isolatedBy: [] });
  if (pod === undefined) return open("no-pod");
  if (pod.hostNetwork) return open("host-network");
  const peer = index.pod(other);
  if (peer === pod && packet.hairpin !== true) return open("self");
  if (index.isNode(pod.node, other, peer)) return open("own-node");
  const isolatedBy = index.isolating(pod, direction);
  if (isolatedBy.length === 0) return open("not-isolated");
  const allowedBy = findRule(world, isolatedBy, direction, packet);
  return allowedBy === undefined
    ? { allowed: false, reason: "isolated", isolatedBy }
    : { allowed: true, reason: "rule", isolatedBy, allowedBy };
}

/** Egress must be allowed at the source and ingress at the destination (KEP-95, API documentation of NetworkPolicySpec). */
export function judge(world: PolicyWorld, packet: PolicyPacket): Judgement {
  const egress = judgeDirection(world, packet, "egress");
  const ingress = judgeDirection(world, packet, "ingress");
  return { allowed: egress.allowed && ingress.allowed, egress, ingress };
}

/** The policies that select a pod for a direction. */
export function isolatingPolicies(
  world: PolicyWorld,
  pod: WorldPod,
  direction: Direction,
): readonly NetworkPolicyModel[] {
  return indexOf(world).isolating(pod, direction);
}

/** A namespace's labels; one that nobody declared has its name only. */
export function namespaceLabels(world: PolicyWorld, namespace: string): Readonly<Record<string, string>> {
  return indexOf(world).labelsOf(namespace);
}

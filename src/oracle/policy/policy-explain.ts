/** Why a connection is allowed or not, step by step: each policy, rule, peer and port, and in words why it does not match. */
import { formatSelector, matches } from "../../kube/label-selector.ts";
import type {
  LabelSelector,
  NetworkPolicyModel,
  PolicyPeer,
  PolicyPort,
  PolicyRule,
} from "../../kube/network-policy/network-policy.ts";
import type { PolicyWorld } from "../../cluster/policy/policy-world.ts";
import type { Direction } from "../../cluster/policy/tiers.ts";
import { evaluate, namespaceLabels, peerMatches, podAt, portMatches } from "./policy-oracle.ts";
import type { Judgement, PolicyEndpoint, PolicyPacket, Verdict } from "./policy-oracle.ts";
import { formatPrefix, parseAddress, parsePrefix, prefixContains } from "../../net/address.ts";

/** One part of a rule, and why it does not match; no reason: it does. */
export interface PartStep {
  /** `podSelector app=web`, `ipBlock 10.0.0.0/8 except 10.1.0.0/16`, `TCP 80-90`. */
  readonly text: string;
  readonly part: PolicyPeer | PolicyPort;
  readonly because?: string | undefined;
}

export interface RuleStep {
  readonly policy: NetworkPolicyModel;
  readonly rule: PolicyRule;
  readonly matches: boolean;
  /** Empty: any. */
  readonly peers: readonly PartStep[];
  readonly ports: readonly PartStep[];
}

export interface DirectionSteps {
  readonly direction: Direction;
  readonly verdict: Verdict;
  /** All rules of all policies that isolate the pod. */
  readonly rules: readonly RuleStep[];
}

export interface Explanation extends Judgement {
  readonly steps: readonly DirectionSteps[];
}

export function formatPort(port: PolicyPort): string {
  const range = port.endPort === undefined ? "" : `-${port.endPort}`;
  return port.port === undefined ? `all ${port.protocol} ports` : `${port.protocol} ${port.port}${range}`;
}

export function formatPeer(peer: PolicyPeer): string {
  if (peer.kind === "ipBlock")
    return `ipBlock ${peer.cidr}${peer.except.length === 0 ? "" : ` except ${peer.except.join(", ")}`}`;
  return [
    peer.namespaceSelector === undefined ? undefined : `namespaceSelector ${formatSelector(peer.namespaceSelector)}`,
    peer.podSelector === undefined ? undefined : `podSelector ${formatSelector(peer.podSelector)}`,
  ]
    .filter((part) => part !== undefined)
    .join(" and ");
}

/** The first requirement that does not hold: `app=web, and its app is "api"`. */
function whyNot(selector: LabelSelector, labels: Readonly<Record<string, string>>, who: string): string | undefined {
  const failing = selector.requirements.find((one) => !matches({ requirements: [one] }, labels));
  if (failing === undefined) return undefined;
  const value = labels[failing.key];
  const wanted = formatSelector({ requirements: [failing] });
  return `${who} needs ${wanted}, but ${value === undefined ? `has no label ${failing.key}` : `its ${failing.key} is ${JSON.stringify(value)}`}`;
}

function whyNotPeer(
  world: PolicyWorld,
  policy: NetworkPolicyModel,
  peer: PolicyPeer,
  other: PolicyEndpoint,
): string | undefined {
  if (peerMatches(world, policy, peer, other)) return undefined;
  if (peer.kind === "ipBlock") {
    const address = parseAddress(other.address);
    const block = parsePrefix(peer.cidr);
    const excepted = peer.except.find((text) => {
      const part = parsePrefix(text);
      return part !== undefined && address !== undefined && prefixContains(part, address);
    });
    return excepted === undefined
      ? `${other.address} is not in ${block === undefined ? peer.cidr : formatPrefix(block)}`
      : `${other.address} is in except ${excepted}`;
  }
  const pod = podAt(world, other);
  if (pod === undefined) return `${other.address} is not a pod: selectors match pods only, ipBlock matches addresses`;
  if (pod.hostNetwork)
    return `${pod.namespace}/${pod.name} is in its node's network: selectors do not see it, ipBlock sees its node's address`;
  if (peer.namespaceSelector === undefined && pod.namespace !== policy.namespace)
    return `podSelector alone means pods of the policy's own namespace ${policy.namespace}, and this one is in ${pod.namespace}`;
  if (peer.namespaceSelector !== undefined) {
    const why = whyNot(peer.namespaceSelector, namespaceLabels(world, pod.namespace), `namespace ${pod.namespace}`);
    if (why !== undefined) return why;
  }
  return whyNot(peer.podSelector ?? { requirements: [] }, pod.labels, `pod ${pod.namespace}/${pod.name}`);
}

function whyNotPort(world: PolicyWorld, port: PolicyPort, packet: PolicyPacket): string | undefined {
  if (portMatches(world, port, packet)) return undefined;
  if (port.protocol !== packet.protocol) return `the packet is ${packet.protocol}`;
  if (typeof port.port !== "string") return `the packet goes to ${packet.port}`;
  const pod = podAt(world, packet.to);
  if (pod === undefined || pod.hostNetwork) return "named ports need a pod as destination";
  const named = pod.ports.filter((one) => one.name === port.port);
  const same = named.find((one) => one.protocol === packet.protocol);
  if (same !== undefined) return `${port.port} of ${pod.namespace}/${pod.name} is ${same.port}`;
  return named.length === 0
    ? `${pod.namespace}/${pod.name} has no port of this name`
    : `${port.port} of ${pod.namespace}/${pod.name} is ${named.map((one) => one.protocol).join(", ")}`;
}

function explainRule(
  world: PolicyWorld,
  policy: NetworkPolicyModel,
  rule: PolicyRule,
  direction: Direction,
  packet: PolicyPacket,
): RuleStep {
  const other = direction === "ingress" ? packet.from : packet.to;
  const peers = rule.peers.map((peer) => ({
    text: formatPeer(peer),
    part: peer,
    because: whyNotPeer(world, policy, peer, other),
  }));
  const ports = rule.ports.map((port) => ({
    text: formatPort(port),
    part: port,
    because: whyNotPort(world, port, packet),
  }));
  const any = (parts: readonly PartStep[]): boolean =>
    parts.length === 0 || parts.some(({ because }) => because === undefined);
  return { policy, rule, matches: any(peers) && any(ports), peers, ports };
}

/** What evaluate() says, with all the steps to it. `arriving`: what the destination's node sees, where that is another packet. */
export function explain(world: PolicyWorld, packet: PolicyPacket, arriving: PolicyPacket = packet): Explanation {
  const { egress } = evaluate(world, packet);
  const { ingress } = evaluate(world, arriving);
  const judgement: Judgement = { allowed: egress.allowed && ingress.allowed, egress, ingress };
  const seen = { egress: packet, ingress: arriving };
  const steps = (["egress", "ingress"] as const).map((direction) => ({
    direction,
    verdict: judgement[direction],
    rules: judgement[direction].isolatedBy.flatMap((policy) =>
      policy[direction].map((rule) => explainRule(world, policy, rule, direction, seen[direction])),
    ),
  }));
  return { ...judgement, steps };
}

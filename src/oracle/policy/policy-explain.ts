/** Why a connection is allowed or not, step by step: each policy, rule, peer and port, and as text why it does not match. */
import type { PolicyObject } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { CalicoRule } from "../../kube/calico/calico-policy.ts";
import { formatSelector, matches } from "../../kube/label-selector.ts";
import type { LabelSelector, PolicyPeer, PolicyPort } from "../../kube/network-policy/network-policy.ts";
import { namespaceLabels } from "../../cluster/policy/world-facts.ts";
import { type PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { isCalicoRule, podTiers, type Direction, type PodTier, type TierRule } from "../../cluster/policy/tiers.ts";
import { failingCondition, ruleText } from "./calico-rules.ts";
import { evaluate, peerMatches, podAt, portMatches } from "./policy-oracle.ts";
import type { Judgement, PolicyEndpoint, PolicyPacket, DirectionVerdict, VerdictReason } from "./policy-oracle.ts";
import { formatPrefix, parseAddress, parsePrefix, prefixContains } from "../../net/address.ts";
import { namespacedName } from "../../net/object-ref.ts";

/** One part of a rule, and why it does not match; no reason: it does. */
export interface PartStep {
  /** `podSelector app=web`, `ipBlock 10.0.0.0/8 except 10.1.0.0/16`, `TCP 80-90`. */
  readonly text: string;
  readonly part: PolicyPeer | PolicyPort | CalicoRule;
  readonly because?: string | undefined;
}

export type RuleStep = TierRule & {
  readonly matches: boolean;
  /** Empty: any. */
  readonly peers: readonly PartStep[];
  readonly ports: readonly PartStep[];
};

export interface TierSteps extends Pick<PodTier, "tier" | "policies"> {
  /** All rules of its policies; in a tier of rules in an order, those up to the one that decides. */
  readonly rules: readonly RuleStep[];
  /** Rules that come after it. */
  readonly unreached: number;
  /** `pass`: the next tier decides; `spared`: it has no say between a pod and its own node. */
  readonly outcome: "allow" | "deny" | "pass" | "spared";
}

export interface DirectionSteps {
  readonly direction: Direction;
  readonly verdict: DirectionVerdict;
  /** Those that were asked, in their order. */
  readonly tiers: readonly TierSteps[];
}

export interface Explanation extends Judgement {
  readonly steps: readonly DirectionSteps[];
}

export function formatPort(port: PolicyPort): string {
  const range = port.endPort === undefined ? "" : `-${port.endPort}`;
  if (port.protocol === undefined) return `port ${port.port}`;
  return port.port === undefined ? `all ${port.protocol} ports` : `${port.protocol} ${port.port}${range}`;
}

export function formatPeer(peer: PolicyPeer): string {
  if (peer.kind === "ipBlock")
    return `${peer.field ?? "ipBlock"} ${peer.cidr}${peer.except.length === 0 ? "" : ` except ${peer.except.join(", ")}`}`;
  if (peer.kind === "nodes") return `nodes ${formatSelector(peer.selector)}`;
  if (peer.kind === "domainNames") return `domainNames ${peer.names.join(", ")}`;
  return [
    peer.namespaceSelector === undefined
      ? undefined
      : `${peer.field ?? "namespaceSelector"} ${formatSelector(peer.namespaceSelector)}`,
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
  policy: PolicyObject,
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
  if (peer.kind === "domainNames") return "names are not enforced here: no packet matches";
  if (peer.kind === "nodes") return `${other.address} is not an address of a node with these labels`;
  const pod = podAt(world, other);
  const blocks = policy.kind === "NetworkPolicy" ? "ipBlock" : "networks";
  if (pod === undefined) return `${other.address} is not a pod: selectors match pods only, ${blocks} matches addresses`;
  if (pod.hostNetwork)
    return `${namespacedName(pod)} is in its node's network: selectors do not see it, ${blocks} sees its node's address`;
  if (peer.namespaceSelector === undefined && policy.kind === "NetworkPolicy" && pod.namespace !== policy.namespace)
    return `podSelector alone means pods of the policy's own namespace ${policy.namespace}, and this one is in ${pod.namespace}`;
  if (peer.namespaceSelector !== undefined) {
    const why = whyNot(peer.namespaceSelector, namespaceLabels(world, pod.namespace), `namespace ${pod.namespace}`);
    if (why !== undefined) return why;
  }
  return whyNot(peer.podSelector ?? { requirements: [] }, pod.labels, `pod ${namespacedName(pod)}`);
}

function whyNotPort(world: PolicyWorld, port: PolicyPort, packet: PolicyPacket): string | undefined {
  if (portMatches(world, port, packet)) return undefined;
  if (port.protocol !== undefined && port.protocol !== packet.protocol) return `the packet is ${packet.protocol}`;
  if (typeof port.port !== "string") return `the packet goes to ${packet.port}`;
  const pod = podAt(world, packet.to);
  if (pod === undefined || pod.hostNetwork) return "named ports need a pod as destination";
  const named = pod.ports.filter((one) => one.name === port.port);
  const same = named.find((one) => one.protocol === packet.protocol);
  if (same !== undefined) return `${port.port} of ${namespacedName(pod)} is ${same.port}`;
  return named.length === 0
    ? `${namespacedName(pod)} has no port of this name`
    : `${port.port} of ${namespacedName(pod)} is ${named.map((one) => one.protocol).join(", ")}`;
}

function explainRule(world: PolicyWorld, one: TierRule, direction: Direction, packet: PolicyPacket): RuleStep {
  if (isCalicoRule(one)) {
    const failing = failingCondition(world, one.rule, packet);
    const because = failing === undefined ? undefined : `${failing.field}: ${failing.because}`;
    const step = { text: ruleText(one.rule), part: one.rule, because };
    return { ...one, matches: failing === undefined, peers: [step], ports: [] };
  }
  const { policy, rule } = one;
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
  return { ...one, matches: any(peers) && any(ports), peers, ports };
}

function explainTier(world: PolicyWorld, tier: PodTier, direction: Direction, packet: PolicyPacket): TierSteps {
  const rules = tier.rules.map((rule) => explainRule(world, rule, direction, packet));
  const at = rules.findIndex((rule) => rule.matches && rule.action !== "log");
  const action = rules[at]?.action;
  // Rules that only allow have no order that counts.
  const isUnordered = tier.rules.every((rule) => rule.policy.kind === "NetworkPolicy");
  const shown = at < 0 || isUnordered ? rules.length : at + 1;
  return {
    tier: tier.tier,
    policies: tier.policies,
    rules: rules.slice(0, shown),
    unreached: rules.length - shown,
    outcome: action === undefined || action === "log" ? tier.otherwise : action,
  };
}

/** Reasons for which no tier is asked. */
const UNASKED: ReadonlySet<VerdictReason> = new Set(["no-pod", "host-network", "self"]);

function tierSteps(
  world: PolicyWorld,
  direction: Direction,
  packet: PolicyPacket,
  { reason }: DirectionVerdict,
): TierSteps[] {
  const pod = podAt(world, direction === "ingress" ? packet.to : packet.from);
  if (pod === undefined || UNASKED.has(reason)) return [];
  const steps: TierSteps[] = [];
  for (const tier of podTiers(world, pod, direction)) {
    if (reason === "own-node" && tier.sparesOwnNode) {
      steps.push({
        tier: tier.tier,
        policies: tier.policies,
        rules: [],
        unreached: tier.rules.length,
        outcome: "spared",
      });
      break;
    }
    const step = explainTier(world, tier, direction, packet);
    steps.push(step);
    if (step.outcome !== "pass") break;
  }
  return steps;
}

/**
 * The result of evaluate(), with all its steps. `arriving`: what the destination's node sees, where that is another packet; `there`: the
 * world in which it is judged, where that is another cluster's; `hosts`: what host endpoints on its way say.
 */
export function explain(
  world: PolicyWorld,
  packet: PolicyPacket,
  arriving: PolicyPacket = packet,
  there: PolicyWorld = world,
  hosts: Judgement["hosts"] = [],
): Explanation {
  const { egress } = evaluate(world, packet);
  const { ingress } = evaluate(there, arriving);
  const allowed = [egress, ingress, ...hosts].every((one) => one.allowed);
  const judgement: Judgement = { allowed, egress, ingress, hosts };
  const seen = { egress: packet, ingress: arriving };
  const worlds = { egress: world, ingress: there };
  const steps = (["egress", "ingress"] as const).map((direction) => {
    const verdict = judgement[direction];
    return { direction, verdict, tiers: tierSteps(worlds[direction], direction, seen[direction], verdict) };
  });
  return { ...judgement, steps };
}

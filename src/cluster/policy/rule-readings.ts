/** A policy's rule as the network plugin reads it, said by rules that mean what Kubernetes says: for the oracle, and for the generic backends. */
import { matches } from "../../kube/label-selector.ts";
import type { PolicyPeer, PolicyPort, PolicyRule } from "../../kube/network-policy/network-policy.ts";
import { parsePrefix, prefixContains } from "../../net/address.ts";
import type { Direction } from "./tiers.ts";
import type { PolicyObject } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { PolicyWorld, WorldPod } from "./policy-world.ts";
import { DEFAULT_SWITCHES } from "./switches.ts";
import { namespaceLabels } from "./world-facts.ts";

type Block = Extract<PolicyPeer, { kind: "ipBlock" }>;

/** The longest prefix decides, exception or not; of two that are the same the later one. */
function withSharedExceptions(peers: readonly PolicyPeer[]): readonly PolicyPeer[] {
  const blocks = peers.filter((peer): peer is Block => peer.kind === "ipBlock");
  return peers.map((peer) => {
    const own = peer.kind === "ipBlock" ? parsePrefix(peer.cidr) : undefined;
    if (peer.kind !== "ipBlock" || own === undefined) return peer;
    const at = blocks.indexOf(peer);
    const except = blocks.flatMap((block, i) =>
      block.except.filter((text) => {
        const hole = parsePrefix(text);
        if (hole === undefined || !prefixContains(own, hole)) return false;
        return hole.length > own.length || (hole.length === own.length && i >= at);
      }),
    );
    return { ...peer, except: [...new Set(except)] };
  });
}

function isSelected(world: PolicyWorld, namespace: string, peer: PolicyPeer, pod: WorldPod): boolean {
  if (peer.kind !== "pods" || pod.hostNetwork) return false;
  const { namespaceSelector, podSelector } = peer;
  const inNamespace =
    namespaceSelector === undefined
      ? pod.namespace === namespace
      : matches(namespaceSelector, namespaceLabels(world, pod.namespace));
  return inNamespace && (podSelector === undefined || matches(podSelector, pod.labels));
}

/** The numbers that a name means among some pods. */
function numbersOf({ port: name, protocol }: PolicyPort, pods: readonly WorldPod[]): readonly number[] {
  const numbers = pods.flatMap(({ ports }) =>
    ports.filter((port) => port.name === name && port.protocol === protocol).map(({ port }) => port),
  );
  return [...new Set(numbers)];
}

const isName = ({ port }: PolicyPort): boolean => typeof port === "string";

/** Names of ports are looked up among the pods at the destination that the policy knows, once and for all. */
function withNumbers(
  world: PolicyWorld,
  policy: PolicyObject & { readonly kind: "NetworkPolicy" },
  rule: PolicyRule,
  direction: Direction,
): readonly PolicyRule[] {
  const { peers, ports } = rule;
  if (!ports.some(isName)) return [rule];
  const own = world.pods.filter((pod) => pod.namespace === policy.namespace && !pod.hostNetwork);
  const plain = ports.filter((port) => !isName(port));
  const looked = (pods: readonly WorldPod[]): readonly PolicyPort[] =>
    ports.filter(isName).flatMap((port) => numbersOf(port, pods).map((number) => ({ ...port, port: number })));
  if (peers.length === 0) {
    // The pods that the policy selects are the destination: a name is one of theirs.
    if (direction === "ingress") return [rule];
    const all = [...plain, ...looked(own)];
    return all.length === 0 ? [] : [{ ...rule, ports: all }];
  }
  const selected = peers.filter(({ kind }) => kind === "pods");
  const blocks = peers.filter(({ kind }) => kind !== "pods");
  const known =
    direction === "ingress"
      ? own.filter(({ labels }) => matches(policy.podSelector, labels))
      : world.pods.filter((pod) => selected.some((peer) => isSelected(world, policy.namespace, peer, pod)));
  // A rule all of whose names mean nothing is taken for one without ports.
  const means = plain.length > 0 || looked(known).length > 0;
  const toBlocks = direction === "ingress" ? ports : plain;
  return [
    ...(selected.length === 0 ? [] : [{ ...rule, peers: selected, ports: means ? ports : [] }]),
    ...(blocks.length === 0 || toBlocks.length === 0 ? [] : [{ ...rule, peers: blocks, ports: toBlocks }]),
  ];
}

/** One rule or several that together mean it; none: it means nothing. */
export function ruleReadings(
  world: PolicyWorld,
  policy: PolicyObject,
  rule: PolicyRule,
  direction: Direction,
): readonly PolicyRule[] {
  const { blocksShareExceptions, namedPorts } = world.switches ?? DEFAULT_SWITCHES;
  if (policy.kind !== "NetworkPolicy" || (!blocksShareExceptions && namedPorts === "destination")) return [rule];
  const shared = blocksShareExceptions ? { ...rule, peers: withSharedExceptions(rule.peers) } : rule;
  return namedPorts === "destination" ? [shared] : withNumbers(world, policy, shared, direction);
}

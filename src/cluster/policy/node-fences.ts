/**
 * From policies to the fences of one node: for each of its pods and each direction that policies cover, what each tier
 * does with which packets.
 */
import { policyKey, ruleWord } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { PolicyPeer, PolicyPort, PolicyRule } from "../../kube/network-policy/network-policy.ts";
import type { PolicyWorld, WorldPod } from "./policy-world.ts";
import { canonicalAddress } from "../../net/families.ts";
import { because } from "../../cause.ts";
import { familyOf } from "../../net/families.ts";
import type { FenceTier, NodeFences, OwnNode, PodFence, PolicyMatch } from "./fence.ts";
import { worldOfNode } from "./link-local.ts";
import { PolicySets, protocolOf } from "./policy-sets.ts";
import { ruleReadings } from "./rule-readings.ts";
import { DEFAULT_SWITCHES, type PolicySwitches } from "./switches.ts";
import { isCalicoRule, podTiers, type Direction, type KubeTierRule, type PodTier, type RuleAction } from "./tiers.ts";
import { namespacedName } from "../../net/object-ref.ts";

const PROTOCOLS = ["TCP", "UDP", "SCTP"] as const;

/** Where a rule's port is served: by numbers, or by a name that each destination may give another number. */
interface Gate {
  readonly protocol?: PolicyPort["protocol"] | undefined;
  readonly ports?: PolicyMatch["ports"];
  readonly name?: { readonly text: string; readonly port: PolicyPort } | undefined;
}

/** The ports of a rule, numbers of one protocol together. No gate at all: the rule names only ports that the pod does not have. */
function gatesOf(rule: PolicyRule, direction: Direction, pod: WorldPod): readonly Gate[] {
  if (rule.ports.length === 0) return [{}];
  const gates: Gate[] = [];
  for (const protocol of PROTOCOLS) {
    const numbers: { from: number; to: number }[] = [];
    let whole = false;
    for (const it of rule.ports) {
      if ((it.protocol ?? protocol) !== protocol) continue;
      if (it.port === undefined) whole = true;
      else if (typeof it.port === "number") numbers.push({ from: it.port, to: it.endPort ?? it.port });
      else if (direction === "egress") gates.push({ protocol, name: { text: it.port, port: it } });
      else
        for (const own of pod.ports)
          if (own.name === it.port && own.protocol === protocol) numbers.push({ from: own.port, to: own.port });
    }
    if (whole) gates.push({ protocol });
    else if (numbers.length > 0) gates.push({ protocol, ports: numbers });
  }
  return gates;
}

const VERB = { allow: "allows", deny: "denies", pass: "passes on", log: "logs" } as const satisfies Record<
  RuleAction,
  string
>;

function matchesOf(
  { action, policy, rule, number }: KubeTierRule,
  direction: Direction,
  pod: WorldPod,
  sets: PolicySets,
): readonly PolicyMatch[] {
  const peers: readonly (PolicyPeer | undefined)[] = rule.peers.length === 0 ? [undefined] : rule.peers;
  const text = `${policyKey(policy)} ${direction} rule ${number}`;
  const by = policy.kind === "NetworkPolicy" ? policyKey(policy) : ruleWord(policy, number);
  const namespace = policy.kind === "NetworkPolicy" ? policy.namespace : "";
  return gatesOf(rule, direction, pod).flatMap((gate) =>
    peers.flatMap((peer): readonly PolicyMatch[] => {
      if (peer?.kind === "domainNames") return [];
      const { protocol, ports, name } = gate;
      const base = {
        action,
        family: peer?.kind === "ipBlock" ? familyOf(peer.cidr) : undefined,
        text,
        by,
        cause: because((peer ?? rule).cause, `${text} ${VERB[action]} it`),
      };
      if (name !== undefined && protocol !== undefined)
        return [{ ...base, endpoints: sets.endpoints(peer, namespace, name.text, protocol, name.port.cause) }];
      return [
        {
          ...base,
          protocol: protocol === undefined ? undefined : protocolOf(protocol),
          ports,
          peer: peer === undefined ? undefined : sets.peer(peer, namespace),
        },
      ];
    }),
  );
}

function fenceTier(
  world: PolicyWorld,
  { policies, rules, otherwise, sparesOwnNode }: PodTier,
  direction: Direction,
  pod: WorldPod,
  sets: PolicySets,
): FenceTier {
  return {
    matches: rules.flatMap((one) =>
      isCalicoRule(one)
        ? []
        : ruleReadings(world, one.policy, one.rule, direction).flatMap((rule) =>
            matchesOf({ ...one, rule }, direction, pod, sets),
          ),
    ),
    otherwise,
    sparesOwnNode,
    policies: policies.map(policyKey),
  };
}

function fenceOf(world: PolicyWorld, pod: WorldPod, direction: Direction, sets: PolicySets): PodFence | undefined {
  const tiers = podTiers(world, pod, direction);
  const [first] = tiers.flatMap(({ policies }) => policies);
  if (first === undefined) return undefined;
  return {
    direction,
    pod: namespacedName(pod),
    addresses: {
      ipv4: pod.addresses.filter((it) => familyOf(it) === "ipv4").map(canonicalAddress),
      ipv6: pod.addresses.filter((it) => familyOf(it) === "ipv6").map(canonicalAddress),
    },
    tiers: tiers.map((tier) => fenceTier(world, tier, direction, pod, sets)),
    cause: because(
      first.cause,
      first.kind === "NetworkPolicy"
        ? `isolates ${namespacedName(pod)} for ${direction}`
        : `has rules for the ${direction} of ${namespacedName(pod)}`,
    ),
  };
}

/** What `node` has to enforce about its own pods. Pods of the host's network are the node itself and not policed. */
export function nodeFences(cluster: PolicyWorld, node: string): NodeFences {
  const world = worldOfNode(cluster, node);
  const switches = world.switches ?? DEFAULT_SWITCHES;
  const sets = new PolicySets(world);
  const fences: PodFence[] = [];
  for (const pod of world.pods) {
    if (pod.node !== node || pod.hostNetwork) continue;
    for (const direction of ["egress", "ingress"] as const) {
      const fence = fenceOf(world, pod, direction, sets);
      if (fence !== undefined) fences.push(fence);
    }
  }
  return { fences, sets: sets.all, ownNode: ownNodeOf(fences, switches) };
}

function ownNodeOf(fences: readonly PodFence[], { nodeAlwaysAllowed }: PolicySwitches): OwnNode {
  if (nodeAlwaysAllowed === false) return "both";
  const judged = fences.some(
    ({ direction, tiers }) => direction === "egress" && tiers.some((tier) => !tier.sparesOwnNode),
  );
  return judged ? "pods" : "spared";
}

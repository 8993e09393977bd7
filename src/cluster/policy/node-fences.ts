/**
 * From policies to the fences of one node: for each of its isolated pods and each direction, all that any policy allows.
 * Several policies add up; nothing else counts (Kubernetes' NetworkPolicy has no order and no deny rule).
 */
import { matches } from "../../kube/label-selector.ts";
import type {
  NetworkPolicyModel,
  PolicyPeer,
  PolicyPort,
  PolicyRule,
  PolicyWorld,
} from "../../kube/network-policy/network-policy.ts";
import { canonicalAddress } from "../../net/families.ts";
import { because } from "../../cause.ts";
import { familyOf } from "../../fabric/topology-resources.ts";
import type { Direction, NodeFences, PodFence, PolicyMatch } from "./fence.ts";
import { worldOfNode } from "./link-local.ts";
import { PolicySets, protocolOf } from "./policy-sets.ts";

type Pod = PolicyWorld["pods"][number];

const TYPE = { ingress: "Ingress", egress: "Egress" } as const satisfies Record<Direction, string>;
const PROTOCOLS = ["TCP", "UDP", "SCTP"] as const;

/** Where a rule's port is served: by numbers, or by a name that each destination may give another number. */
interface Gate {
  readonly protocol?: PolicyPort["protocol"] | undefined;
  readonly ports?: PolicyMatch["ports"];
  readonly name?: { readonly text: string; readonly port: PolicyPort } | undefined;
}

/** The ports of a rule, numbers of one protocol together. No gate at all: the rule names only ports that the pod has not. */
function gatesOf(rule: PolicyRule, direction: Direction, pod: Pod): readonly Gate[] {
  if (rule.ports.length === 0) return [{}];
  const gates: Gate[] = [];
  for (const protocol of PROTOCOLS) {
    const numbers: { from: number; to: number }[] = [];
    let whole = false;
    for (const it of rule.ports) {
      if (it.protocol !== protocol) continue;
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

function matchesOf(
  rule: PolicyRule,
  text: string,
  direction: Direction,
  pod: Pod,
  namespace: string,
  sets: PolicySets,
): readonly PolicyMatch[] {
  const peers: readonly (PolicyPeer | undefined)[] = rule.peers.length === 0 ? [undefined] : rule.peers;
  return gatesOf(rule, direction, pod).flatMap((gate) =>
    peers.map((peer): PolicyMatch => {
      const cause = because((peer ?? rule).cause, `${text} allows it`);
      const { protocol, ports, name } = gate;
      const family = peer?.kind === "ipBlock" ? familyOf(peer.cidr) : undefined;
      if (name !== undefined && protocol !== undefined) {
        const endpoints = sets.endpoints(peer, namespace, name.text, protocol, name.port.cause);
        return { family, endpoints, text, cause };
      }
      return {
        family,
        protocol: protocol === undefined ? undefined : protocolOf(protocol),
        ports,
        peer: peer === undefined ? undefined : sets.peer(peer, namespace),
        text,
        cause,
      };
    }),
  );
}

function fenceOf(
  pod: Pod,
  direction: Direction,
  policies: readonly NetworkPolicyModel[],
  sets: PolicySets,
): PodFence | undefined {
  const isolating = policies.filter((policy) => policy.types.includes(TYPE[direction]));
  const [first] = isolating;
  if (first === undefined) return undefined;
  return {
    direction,
    pod: `${pod.namespace}/${pod.name}`,
    addresses: {
      ipv4: pod.addresses.filter((it) => familyOf(it) === "ipv4").map(canonicalAddress),
      ipv6: pod.addresses.filter((it) => familyOf(it) === "ipv6").map(canonicalAddress),
    },
    policies: isolating.map((policy) => `${policy.namespace}/${policy.name}`),
    matches: isolating.flatMap((policy) =>
      policy[direction].flatMap((rule, index) =>
        matchesOf(
          rule,
          `${policy.namespace}/${policy.name} ${direction} rule ${index + 1}`,
          direction,
          pod,
          policy.namespace,
          sets,
        ),
      ),
    ),
    cause: because(first.cause, `isolates ${pod.namespace}/${pod.name} for ${direction}`),
  };
}

/** What `node` has to enforce: its own pods' isolation. Pods of the host's network are the node itself and not policed. */
export function nodeFences(cluster: PolicyWorld, node: string): NodeFences {
  const world = worldOfNode(cluster, node);
  const sets = new PolicySets(world);
  const byNamespace = Map.groupBy(world.policies, (policy) => policy.namespace);
  const fences: PodFence[] = [];
  for (const pod of world.pods) {
    if (pod.node !== node || pod.hostNetwork) continue;
    const selecting = (byNamespace.get(pod.namespace) ?? []).filter((it) => matches(it.podSelector, pod.labels));
    for (const direction of ["egress", "ingress"] as const) {
      const fence = fenceOf(pod, direction, selecting, sets);
      if (fence !== undefined) fences.push(fence);
    }
  }
  return { fences, sets: sets.all };
}

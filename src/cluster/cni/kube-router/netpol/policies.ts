/** NetworkPolicies as kube-router reads them: pods, addresses and ports instead of selectors (pkg/controllers/netpol/policy.go, buildNetworkPoliciesInfo). */
import type { Cause } from "../../../../cause.ts";
import { matches } from "../../../../kube/label-selector.ts";
import type {
  LabelSelector,
  NetworkPolicyModel,
  PolicyPeer,
  PolicyRule,
} from "../../../../kube/network-policy/network-policy.ts";
import { perObject } from "../../../../memo.ts";
import { parsePrefix } from "../../../../net/address.ts";
import type { Family } from "../../../../net/family.ts";
import { familyOf } from "../../../../net/families.ts";
import { prefixEntry } from "../../../policy/prefixes.ts";
import type { PolicyWorld, WorldPod } from "../../../policy/policy-world.ts";
import { namespaceLabels } from "../../../policy/world-facts.ts";

/** Empty: any. `port` and `end` are numbers. */
export interface RouterPort {
  readonly protocol: string;
  readonly port: string;
  readonly end: string;
}

/** A number that a name means, and the pods whose port of this number has the name. */
export interface NamedPort extends RouterPort {
  readonly pods: readonly WorldPod[];
}

export interface RouterRule {
  /** No peers: all. */
  readonly anyPeer: boolean;
  readonly pods: readonly WorldPod[];
  /** `10.0.0.0/8`, `10.1.0.0/16 nomatch`. */
  readonly blocks: Readonly<Record<Family, readonly string[]>>;
  readonly anyPort: boolean;
  readonly ports: readonly RouterPort[];
  readonly named: readonly NamedPort[];
  readonly cause: Cause;
}

export interface RouterPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly type: "ingress" | "egress" | "both";
  /** Those that it selects. */
  readonly pods: readonly WorldPod[];
  readonly ingress: readonly RouterRule[];
  readonly egress: readonly RouterRule[];
  readonly cause: Cause;
}

/** hash:net has no network of length 0. Of IPv6 kube-router takes what is routed in the internet and in private. */
const WHOLE = { ipv4: ["0.0.0.0/1", "128.0.0.0/1"], ipv6: ["2000::/3", "fd00::/8"] } as const satisfies Record<
  Family,
  readonly string[]
>;

function podsOf({ pods }: PolicyWorld, namespace: string, selector?: LabelSelector): readonly WorldPod[] {
  return pods.filter(
    (pod) =>
      pod.namespace === namespace &&
      !pod.hostNetwork &&
      pod.addresses.length > 0 &&
      (selector === undefined || matches(selector, pod.labels)),
  );
}

function peerPods(world: PolicyWorld, namespace: string, peer: PolicyPeer): readonly WorldPod[] {
  if (peer.kind !== "pods") return [];
  const { namespaceSelector: selector, podSelector } = peer;
  if (selector === undefined) return podsOf(world, namespace, podSelector);
  return world.namespaces
    .filter(({ name }) => matches(selector, namespaceLabels(world, name)))
    .flatMap(({ name }) => podsOf(world, name, podSelector));
}

function blockEntries(peer: PolicyPeer, family: Family): readonly string[] {
  if (peer.kind !== "ipBlock" || familyOf(peer.cidr) !== family) return [];
  const entries = (cidr: string): readonly string[] => {
    const prefix = parsePrefix(cidr);
    if (prefix === undefined) return [];
    return prefix.length === 0 ? WHOLE[family] : [prefixEntry(prefix)];
  };
  return [...entries(peer.cidr), ...peer.except.flatMap(entries).map((entry) => `${entry} nomatch`)];
}

/** What a name means among some pods: a port number for each that has another. */
function namedPorts(name: string, protocol: string, pods: readonly WorldPod[]): readonly NamedPort[] {
  const found = new Map<number, WorldPod[]>();
  for (const pod of pods)
    for (const port of pod.ports) {
      if (port.name !== name || port.protocol !== protocol) continue;
      const known = found.get(port.port);
      if (known === undefined) found.set(port.port, [pod]);
      else if (!known.includes(pod)) known.push(pod);
    }
  return [...found].map(([number, having]) => ({ protocol, port: String(number), end: "", pods: having }));
}

/** `named`: the pods among which names of ports are looked up. */
function routerRule(
  world: PolicyWorld,
  { peers, ports, cause }: PolicyRule,
  namespace: string,
  named: (peers: readonly WorldPod[]) => readonly WorldPod[],
): RouterRule {
  const pods = peers.flatMap((peer) => peerPods(world, namespace, peer));
  const blocks = (family: Family): readonly string[] => peers.flatMap((peer) => blockEntries(peer, family));
  return {
    anyPeer: peers.length === 0,
    pods,
    blocks: { ipv4: blocks("ipv4"), ipv6: blocks("ipv6") },
    anyPort: ports.length === 0,
    ports: ports.flatMap(({ protocol = "", port = "", endPort }) =>
      typeof port === "string" && port !== ""
        ? []
        : [{ protocol, port: String(port), end: endPort === undefined ? "" : String(endPort) }],
    ),
    named: ports.flatMap(({ protocol = "", port }) =>
      typeof port === "string" ? namedPorts(port, protocol, named(pods)) : [],
    ),
    cause,
  };
}

function typeOf({ types }: NetworkPolicyModel): RouterPolicy["type"] {
  return types.length === 2 ? "both" : types[0] === "Egress" ? "egress" : "ingress";
}

function routerPolicy(world: PolicyWorld, policy: NetworkPolicyModel): RouterPolicy {
  const { namespace, name, podSelector, cause } = policy;
  const pods = podsOf(world, namespace, podSelector);
  return {
    namespace,
    name,
    type: typeOf(policy),
    pods,
    ingress: policy.ingress.map((rule) => routerRule(world, rule, namespace, () => pods)),
    egress: policy.egress.map((rule) =>
      // A name without peers is one of the policy's own namespace; packets to its number may go anywhere.
      routerRule(world, rule, namespace, (peers) => (rule.peers.length === 0 ? podsOf(world, namespace) : peers)),
    ),
    cause,
  };
}

function byName(a: NetworkPolicyModel, b: NetworkPolicyModel): number {
  const [first, second] = [`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** In the order of their names; kube-router takes them as they come. */
export const routerPolicies = perObject((world: PolicyWorld): readonly RouterPolicy[] =>
  world.policies.toSorted(byName).map((policy) => routerPolicy(world, policy)),
);

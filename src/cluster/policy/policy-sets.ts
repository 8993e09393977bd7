/** The sets of addresses in policies: one for each distinct peer, shared by all its users, with its members in each family. */
import { sha256 } from "../../net/digest.ts";
import type { Cause } from "../../cause.ts";
import { matches } from "../../kube/label-selector.ts";
import type { LabelSelector, PolicyPeer } from "../../kube/network-policy/network-policy.ts";
import { namespaceLabels, unmeantByBlocks } from "./world-facts.ts";
import { type PolicyWorld, type WorldPod as Pod } from "./policy-world.ts";
import type { Prefix } from "../../net/address.ts";
import { canonicalAddress, FAMILIES } from "../../net/families.ts";
import { familyOf } from "../../net/families.ts";
import type { PolicyProtocol, PolicySet } from "./fence.ts";
import { holdsAddress, prefixEntry, splitWhole, subtractPrefixes } from "./prefixes.ts";

/** base32 of a hash, as kube-proxy names its chains; lower case, so that it differs from those. */
export function shortHash(text: string): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  return [...sha256(text).subarray(0, 12)].map((byte) => alphabet[byte & 31]).join("");
}

/** `{app in (web), tier exists}`; the same text for selectors that mean the same. */
function selectorText(selector: LabelSelector): string {
  const words = selector.requirements.map(({ key, operator, values }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    return `${key} ${operator === "In" ? "in" : "notin"} (${values.toSorted().join(",")})`;
  });
  return `{${words.toSorted().join(", ")}}`;
}

function podsText(peer: Extract<PolicyPeer, { kind: "pods" }>, namespace: string): string {
  const pods = peer.podSelector === undefined ? "all pods" : `pods ${selectorText(peer.podSelector)}`;
  return peer.namespaceSelector === undefined
    ? `${pods} in ${namespace}`
    : `${pods} in namespaces ${selectorText(peer.namespaceSelector)}`;
}

const PROTOCOL = { TCP: "tcp", UDP: "udp", SCTP: "sctp" } as const satisfies Record<string, PolicyProtocol>;

export function protocolOf(protocol: keyof typeof PROTOCOL): PolicyProtocol {
  return PROTOCOL[protocol];
}

/** A peer that some addresses have. */
type SetPeer = Exclude<PolicyPeer, { kind: "domainNames" }>;
type IpBlock = Extract<PolicyPeer, { kind: "ipBlock" }>;

/** Collects the sets that one node's fences need. */
export class PolicySets {
  readonly #world: PolicyWorld;
  /** Prefixes that no ipBlock means. */
  readonly #inside: readonly string[];
  readonly #sets = new Map<string, PolicySet>();

  constructor(world: PolicyWorld) {
    this.#world = world;
    this.#inside = unmeantByBlocks(world);
  }

  get all(): readonly PolicySet[] {
    return [...this.#sets.values()];
  }

  /** The name of a peer's set. */
  peer(peer: SetPeer, namespace: string): string {
    const members = (): readonly string[] => {
      if (peer.kind === "pods") return this.#pods(peer, namespace).flatMap((pod) => pod.addresses);
      if (peer.kind === "nodes") return this.#nodes(peer).flatMap((node) => node.internalIPs);
      return splitWhole(this.#block(peer)).map(prefixEntry);
    };
    return this.#add("networks", this.#peerText(peer, namespace), peer.cause, members);
  }

  /** Where the pods of a peer (absent: all pods) serve a named port. */
  endpoints(
    peer: SetPeer | undefined,
    namespace: string,
    port: string,
    protocol: keyof typeof PROTOCOL,
    cause: Cause,
  ): string {
    const who = peer === undefined ? "all pods" : this.#peerText(peer, namespace);
    const members = (): readonly string[] =>
      this.#candidates(peer, namespace).flatMap(({ pod, addresses }) =>
        pod.ports
          .filter((it) => it.name === port && it.protocol === protocol)
          .flatMap((it) => addresses.map((address) => `${address},${PROTOCOL[protocol]}:${it.port}`)),
      );
    return this.#add("endpoints", `port ${port}/${PROTOCOL[protocol]} of ${who}`, cause, members);
  }

  /** Pods of a peer with those of their addresses that it means. */
  #candidates(peer: SetPeer | undefined, namespace: string): { pod: Pod; addresses: readonly string[] }[] {
    if (peer?.kind === "pods") return this.#pods(peer, namespace).map((pod) => ({ pod, addresses: pod.addresses }));
    // A node's address does not belong to a pod.
    if (peer?.kind === "nodes") return [];
    const block = peer === undefined ? undefined : this.#block(peer);
    return this.#world.pods
      .filter((pod) => !pod.hostNetwork)
      .map((pod) => ({
        pod,
        addresses: block === undefined ? pod.addresses : pod.addresses.filter((it) => holdsAddress(block, it)),
      }));
  }

  #block(peer: IpBlock): readonly Prefix[] {
    return subtractPrefixes(peer.cidr, [...peer.except, ...this.#inside]);
  }

  #nodes({ selector }: Extract<PolicyPeer, { kind: "nodes" }>): PolicyWorld["nodes"] {
    return this.#world.nodes.filter(({ labels }) => matches(selector, labels));
  }

  #peerText(peer: SetPeer, namespace: string): string {
    if (peer.kind === "pods") return podsText(peer, namespace);
    if (peer.kind === "nodes") return `nodes ${selectorText(peer.selector)}`;
    const { cidr, except } = peer;
    const without = except.length === 0 ? "" : ` except ${except.toSorted().join(", ")}`;
    return `${cidr}${without}${this.#inside.length === 0 ? "" : " outside of the cluster"}`;
  }

  /** A pod of the host's network has no address of its own: selectors do not match it. */
  #pods(peer: Extract<PolicyPeer, { kind: "pods" }>, namespace: string): readonly Pod[] {
    const { namespaceSelector, podSelector } = peer;
    return this.#world.pods.filter(
      (pod) =>
        !pod.hostNetwork &&
        (namespaceSelector === undefined
          ? pod.namespace === namespace
          : matches(namespaceSelector, namespaceLabels(this.#world, pod.namespace))) &&
        (podSelector === undefined || matches(podSelector, pod.labels)),
    );
  }

  #add(kind: PolicySet["kind"], text: string, cause: Cause, members: () => readonly string[]): string {
    const name = `np-${shortHash(`${kind}\0${text}`)}`;
    if (this.#sets.has(name)) return name;
    const entries = [...new Set(members().map(canonicalEntry))].toSorted();
    const perFamily = Object.fromEntries(
      FAMILIES.map((family) => [family, entries.filter((entry) => familyOf(entry.split(",")[0] ?? "") === family)]),
    );
    this.#sets.set(name, { name, kind, entries: perFamily, text, cause });
    return name;
  }
}

function canonicalEntry(entry: string): string {
  const comma = entry.indexOf(",");
  return comma < 0 ? canonicalAddress(entry) : `${canonicalAddress(entry.slice(0, comma))}${entry.slice(comma)}`;
}

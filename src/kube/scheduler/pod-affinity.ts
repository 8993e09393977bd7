/** Affinity and anti-affinity between pods (plugin InterPodAffinity: filtering.go, scoring.go). */
import type { NamespaceModel } from "../namespace/namespace-model.ts";
import type { ClusterNode } from "../node/cluster-node.ts";
import type { PodDraft } from "../pod/pod-draft.ts";
import { selectorMatches, selects, type PlacedPod } from "./placed-pods.ts";
import type { PodAffinityTerm } from "./schema.ts";

export type NamespaceLabels = ReadonlyMap<string, NamespaceModel["labels"]>;

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

type Side = "podAffinity" | "podAntiAffinity";

const required = ({ spec }: PodDraft, side: Side): readonly PodAffinityTerm[] =>
  spec.affinity?.[side]?.[REQUIRED] ?? [];
const preferred = ({ spec }: PodDraft, side: Side) => spec.affinity?.[side]?.[PREFERRED] ?? [];

/** The term of `owner` means the pod. Without namespaces and namespaceSelector it is about the owner's own namespace. */
function means(term: PodAffinityTerm, owner: PodDraft, pod: PodDraft, namespaces: NamespaceLabels): boolean {
  const { namespaceSelector, namespaces: names } = term;
  const isOwn = (names ?? []).length === 0 && (namespaceSelector === undefined || namespaceSelector === null);
  const isThere = isOwn
    ? pod.namespace === owner.namespace
    : (names ?? []).includes(pod.namespace) ||
      (namespaceSelector !== undefined &&
        namespaceSelector !== null &&
        selectorMatches(namespaceSelector, namespaces.get(pod.namespace) ?? {}));
  return isThere && selects(term, owner, pod.labels);
}

/** Terms about other pods that there are: for most labs none, and then nothing is counted. */
export function hasPodRules({ spec }: PodDraft): boolean {
  return (
    (spec.affinity?.podAffinity ?? undefined) !== undefined ||
    (spec.affinity?.podAntiAffinity ?? undefined) !== undefined
  );
}

/** `TOPOLOGYKEY VALUE` of domains. */
type Domains = Map<string, number>;

const domainOf = (key: string, { labels }: ClusterNode): string | undefined =>
  labels[key] === undefined ? undefined : `${key} ${labels[key]}`;

function count(domains: Domains, key: string, node: ClusterNode, by = 1): void {
  const domain = domainOf(key, node);
  if (domain !== undefined) domains.set(domain, (domains.get(domain) ?? 0) + by);
}

export interface PodAffinityState {
  /** Why no pod may be there; undefined: it may. */
  refuse(node: ClusterNode): string | undefined;
  /** Sum of weights for the node. Absent: nothing is preferred. */
  readonly score?: ((node: ClusterNode) => number) | undefined;
}

/** `ruled`: placed pods that have rules of their own. */
export function podAffinity(
  pod: PodDraft,
  placed: readonly PlacedPod[],
  ruled: readonly PlacedPod[],
  namespaces: NamespaceLabels,
): PodAffinityState {
  const [wanted, unwanted] = [required(pod, "podAffinity"), required(pod, "podAntiAffinity")];
  const mine = [
    ...preferred(pod, "podAffinity").map((one) => ({ term: one.podAffinityTerm, weight: one.weight })),
    ...preferred(pod, "podAntiAffinity").map((one) => ({ term: one.podAffinityTerm, weight: -one.weight })),
  ];
  const newDomains = (): Domains => new Map();
  const domains = { affinity: newDomains(), anti: newDomains(), against: newDomains(), score: newDomains() };
  if (hasPodRules(pod))
    for (const { pod: other, node } of placed) {
      if (wanted.length > 0 && wanted.every((term) => means(term, pod, other, namespaces)))
        for (const { topologyKey } of wanted) count(domains.affinity, topologyKey, node);
      for (const term of unwanted) if (means(term, pod, other, namespaces)) count(domains.anti, term.topologyKey, node);
      for (const { term, weight } of mine)
        if (means(term, pod, other, namespaces)) count(domains.score, term.topologyKey, node, weight);
    }
  for (const { pod: other, node } of ruled) {
    const about = (term: PodAffinityTerm): boolean => means(term, other, pod, namespaces);
    for (const term of required(other, "podAntiAffinity"))
      if (about(term)) count(domains.against, term.topologyKey, node);
    // HardPodAffinityWeight
    for (const term of required(other, "podAffinity")) if (about(term)) count(domains.score, term.topologyKey, node);
    for (const { podAffinityTerm: term, weight } of preferred(other, "podAffinity"))
      if (about(term)) count(domains.score, term.topologyKey, node, weight);
    for (const { podAffinityTerm: term, weight } of preferred(other, "podAntiAffinity"))
      if (about(term)) count(domains.score, term.topologyKey, node, -weight);
  }
  const keysOf = (of: Domains): readonly string[] => [
    ...new Set(Array.from(of.keys(), (domain) => domain.split(" ", 1)[0] ?? "")),
  ];
  /** What a node's domains have together. */
  const totalIn = (of: Domains): ((node: ClusterNode) => number) => {
    const keys = keysOf(of);
    return (node) => keys.reduce((sum, key) => sum + (of.get(domainOf(key, node) ?? "") ?? 0), 0);
  };
  const [antiIn, againstIn] = [totalIn(domains.anti), totalIn(domains.against)];
  // The first of a group whose pods want each other.
  const isFirst = domains.affinity.size === 0 && wanted.every((term) => means(term, pod, pod, namespaces));
  return {
    refuse(node) {
      const all = wanted.map(({ topologyKey }) => domainOf(topologyKey, node));
      const isMet =
        all.every((domain) => domain !== undefined) &&
        (isFirst || all.every((domain) => (domains.affinity.get(domain ?? "") ?? 0) > 0));
      if (wanted.length > 0 && !isMet) return "node(s) didn't match pod affinity rules";
      if (antiIn(node) > 0) return "node(s) didn't match pod anti-affinity rules";
      if (againstIn(node) > 0) return "node(s) didn't satisfy existing pods anti-affinity rules";
      return undefined;
    },
    ...(domains.score.size === 0 ? {} : { score: totalIn(domains.score) }),
  };
}

/** topologySpreadConstraints (plugin PodTopologySpread: filtering.go, scoring.go; KEP-895, KEP-3022, KEP-3094). */
import type { ClusterNode } from "../node/cluster-node.ts";
import type { PodDraft } from "../pod/pod-draft.ts";
import { nodeMatches } from "./node-affinity.ts";
import { selects, type PlacedPod } from "./placed-pods.ts";
import type { SpreadConstraint } from "./schema.ts";
import { untolerated } from "./taints.ts";

export interface SpreadState {
  refuse(node: ClusterNode): string | undefined;
  /** How many pods of its own kind a node's domains have, each weighed; the fewer, the better. Absent: nothing is preferred. */
  readonly score?: ((node: ClusterNode) => number) | undefined;
}

const NONE: SpreadState = { refuse: () => undefined };

interface Counted {
  readonly constraint: SpreadConstraint;
  /** Matching pods by the topology's value, of the nodes that count. */
  readonly matching: ReadonlyMap<string, number>;
  /** The pod itself. */
  readonly self: number;
}

/** Nodes that count: those that have all keys, and that the pod could go to as far as the constraint's policies say. */
function countsFor(
  constraint: SpreadConstraint,
  keys: readonly string[],
  { spec }: PodDraft,
  node: ClusterNode,
): boolean {
  return (
    keys.every((key) => node.labels[key] !== undefined) &&
    ((constraint.nodeAffinityPolicy ?? "Honor") === "Ignore" || nodeMatches(spec, node)) &&
    ((constraint.nodeTaintsPolicy ?? "Ignore") === "Ignore" || untolerated(spec, node) === undefined)
  );
}

function countPods(
  constraint: SpreadConstraint,
  keys: readonly string[],
  pod: PodDraft,
  placed: readonly PlacedPod[],
  nodes: readonly ClusterNode[],
): Counted {
  const eligible = new Set(nodes.filter((node) => countsFor(constraint, keys, pod, node)));
  const matching = new Map<string, number>();
  for (const { labels } of eligible) matching.set(labels[constraint.topologyKey] ?? "", 0);
  for (const { pod: other, node } of placed) {
    const value = node.labels[constraint.topologyKey];
    if (value === undefined || !eligible.has(node) || other.namespace !== pod.namespace) continue;
    if (other.terminating !== true && selects(constraint, pod, other.labels))
      matching.set(value, (matching.get(value) ?? 0) + 1);
  }
  return { constraint, matching, self: selects(constraint, pod, pod.labels) ? 1 : 0 };
}

export function topologySpread(
  pod: PodDraft,
  placed: readonly PlacedPod[],
  nodes: readonly ClusterNode[],
): SpreadState {
  const all = pod.spec.topologySpreadConstraints ?? [];
  if (all.length === 0) return NONE;
  const [hard, soft] = (["DoNotSchedule", "ScheduleAnyway"] as const).map((when) => {
    const own = all.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when);
    const keys = own.map(({ topologyKey }) => topologyKey);
    return own.map((constraint) => countPods(constraint, keys, pod, placed, nodes));
  });
  return {
    refuse(node) {
      for (const { constraint, matching, self } of hard ?? []) {
        const value = node.labels[constraint.topologyKey];
        if (value === undefined) return "node(s) didn't match pod topology spread constraints (missing required label)";
        const few = matching.size < (constraint.minDomains ?? 1);
        const least = few || matching.size === 0 ? 0 : Math.min(...matching.values());
        if ((matching.get(value) ?? 0) + self - least > constraint.maxSkew)
          return "node(s) didn't match pod topology spread constraints";
      }
      return undefined;
    },
    score: scoreOf(soft ?? []),
  };
}

function scoreOf(soft: readonly Counted[]): SpreadState["score"] {
  if (soft.length === 0) return undefined;
  return (node) =>
    soft.reduce((sum, { constraint, matching }) => {
      const value = node.labels[constraint.topologyKey];
      if (value === undefined) return Number.POSITIVE_INFINITY;
      return sum + (matching.get(value) ?? 0) * Math.log(matching.size + 2) + (constraint.maxSkew - 1);
    }, 0);
}

/** Why a pod is Pending, in the scheduler's words (framework.FitError), and per node. */
import type { PodDraft } from "../pod/pod-draft.ts";

export interface Refusal {
  readonly node: string;
  /** `node(s) had untolerated taint {a: b}`. */
  readonly reason: string;
  /** What the reason leaves out. */
  readonly detail?: string | undefined;
}

export interface PendingPod {
  readonly draft: PodDraft;
  /** One of each node; none where it has scheduling gates. */
  readonly refusals: readonly Refusal[];
}

/** `0/3 nodes are available: 1 node(s) had untolerated taint {a: b}, 2 node(s) didn't match Pod's node affinity/selector.` */
function fitError(refusals: readonly Refusal[]): string {
  const reasons = [...Map.groupBy(refusals, ({ reason }) => reason)]
    .map(([reason, of]) => `${of.length} ${reason}`)
    .toSorted();
  return `0/${refusals.length} nodes are available: ${reasons.join(", ")}.`;
}

/** Gates keep a pod from being looked at at all (plugin SchedulingGates, KEP-3521). */
const gatesOf = ({ spec }: PodDraft): readonly string[] => (spec.schedulingGates ?? []).map(({ name }) => name);

/** What its status says, and what helps. */
function reasonOf({ draft, refusals }: PendingPod): readonly [string, string] {
  const gates = gatesOf(draft);
  return gates.length > 0
    ? [
        "Scheduling is blocked due to non-empty scheduling gates",
        `waiting for scheduling gates: [${gates.join(" ")}]; no controller removes them here`,
      ]
    : [fitError(refusals), perNode(refusals)];
}

/** `node1, node3: untolerated taint {a: b}; node2: …`. */
function perNode(refusals: readonly Refusal[]): string {
  return [...Map.groupBy(refusals, ({ reason }) => reason)]
    .map(
      ([reason, of]) => `${of.map(({ node }) => node).join(", ")}: ${of[0]?.detail ?? reason.replace("node(s) ", "")}`,
    )
    .join("; ");
}

/** Where the pod asks for what it did not get. */
function placeOf({ draft, refusals }: PendingPod) {
  const { spec, specScope } = draft;
  if (gatesOf(draft).length > 0) return specScope.at("schedulingGates");
  const all = refusals.map(({ reason }) => reason).join(" ");
  if (all.includes("free ports")) {
    const at = spec.containers.findIndex(({ ports }) => (ports ?? []).length > 0);
    return specScope.at("containers", Math.max(0, at), "ports");
  }
  if (all.includes("topology spread")) return specScope.at("topologySpreadConstraints");
  if (all.includes("affinity/selector") && spec.nodeSelector) return specScope.at("nodeSelector");
  return all.includes("affinity") || all.includes("[NodeAffinity]") ? specScope.at("affinity") : specScope;
}

/** Once for all pods of a workload. */
export function warnPending(pending: readonly PendingPod[], drafts: readonly PodDraft[]): void {
  for (const [object, waiting] of Map.groupBy(pending, ({ draft }) => draft.object)) {
    const [first] = waiting;
    if (first === undefined) continue;
    const { owner } = first.draft;
    const all = drafts.filter((one) => one.object === object).length;
    const who =
      owner === undefined || owner.bare === true
        ? `${object} is`
        : `${waiting.length} of ${all} ${all === 1 ? "pod" : "pods"} of ${object} ${waiting.length === 1 ? "is" : "are"}`;
    const [why, hint] = reasonOf(first);
    placeOf(first).warn(`${who} Pending: ${why}`, hint);
  }
}

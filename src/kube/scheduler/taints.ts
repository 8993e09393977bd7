/** Taints of nodes and the tolerations of pods (plugins NodeUnschedulable and TaintToleration; corev1: ToleratesTaint). */
import type { ClusterNode, Taint } from "../node/cluster-node.ts";
import type { SchedulingSpec, Toleration } from "./schema.ts";

export const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";

function tolerates({ key, operator = "Equal", value, effect }: Toleration, taint: Taint): boolean {
  if ((effect ?? "") !== "" && effect !== taint.effect) return false;
  if ((key ?? "") !== "" && key !== taint.key) return false;
  switch (operator) {
    case "Exists":
      return true;
    case "Equal":
      return (value ?? "") === taint.value;
    // KEP-5471: the taint's value beside the toleration's, as numbers.
    case "Gt":
      return Number(taint.value) > Number(value);
    case "Lt":
      return Number(taint.value) < Number(value);
  }
}

/** The first taint with one of these effects that the pod does not tolerate. */
export function untolerated(
  { tolerations }: SchedulingSpec,
  { taints = [] }: Pick<ClusterNode, "taints">,
  effects: readonly Taint["effect"][] = ["NoSchedule", "NoExecute"],
): Taint | undefined {
  return taints.find(
    (taint) => effects.includes(taint.effect) && !(tolerations ?? []).some((one) => tolerates(one, taint)),
  );
}

/** Taints that only speak against the node (TaintToleration's score). */
export function countUnpreferred({ tolerations }: SchedulingSpec, { taints = [] }: ClusterNode): number {
  return taints.filter(
    (taint) => taint.effect === "PreferNoSchedule" && !(tolerations ?? []).some((one) => tolerates(one, taint)),
  ).length;
}

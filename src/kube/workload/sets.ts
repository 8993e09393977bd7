/** The sets of pods that a workload has, and what its controller looks at in a round. */
import type { LiveSet, LiveState } from "./live-state.ts";
import type { RoundView, WorkloadSpec } from "./workload-kind.ts";
import { objectKey, objectText } from "../../net/object-ref.ts";

/** The sets of pods of a workload: the current ones, or the initial ones of its manifest. */
export function setsOf(spec: WorkloadSpec, live: LiveState): readonly LiveSet[] {
  const known = live.workloads[spec.key];
  if (known !== undefined && known.sets.length > 0) return known.sets;
  return [spec.controller.begin(spec.hash(known?.restartedAt), known?.replicas ?? spec.replicas, known?.restartedAt)];
}

export function roundView(
  spec: WorkloadSpec,
  live: LiveState,
  pods: RoundView["pods"],
  sets: readonly LiveSet[] = setsOf(spec, live),
): RoundView {
  const known = live.workloads[spec.key];
  const replicas = known?.replicas ?? spec.replicas;
  return { spec, known, replicas, hash: spec.hash(known?.restartedAt), sets, live, pods };
}

/** As a target: `deploy/web`, `rs/prod/db`. */
export function workloadText(spec: Pick<WorkloadSpec, "words" | "cluster" | "namespace" | "name">): string {
  return objectText(spec.words[0], spec);
}

/** `Deployment default/web`, `Deployment west.default/web`: unique in a lab. */
export function workloadKey(spec: Pick<WorkloadSpec, "kind" | "cluster" | "namespace" | "name">): string {
  return `${spec.kind} ${objectKey(spec)}`;
}

/** The pods that a workload has, with the names and labels of its controller. */
import type { Path } from "../../syntax/path.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { ClusterNode } from "../node/cluster-node.ts";
import type { PodBudget } from "../pod/pod-budget.ts";
import type { PodDraft } from "../pod/pod-draft.ts";
import { podName } from "../pod/pod-name.ts";
import { liveLabels, type LiveSet, type LiveState } from "./live-state.ts";
import type { PodTemplateDocument } from "./schema.ts";
import { setsOf } from "./sets.ts";
import type { WorkloadSpec } from "./workload-kind.ts";
import { kindedName, namespacedName } from "../../net/object-ref.ts";

/** An object whose controller makes pods, with its place. */
export interface WorkloadInput {
  readonly scope: Scope;
  /** The paths of its pod template and of the number of pods. */
  readonly template: Path;
  readonly count: Path;
  spec(nodes: readonly ClusterNode[]): WorkloadSpec;
}

/** The template of the pod with this number, where the file no longer has it. */
function keptTemplate(set: LiveSet, ordinal: number): PodTemplateDocument | undefined {
  return set.template ?? set.older?.find(({ before }) => ordinal < before)?.template;
}

/** `taken`: `NAMESPACE/NAME` of existing pods; those made here are added. */
export function workloadPods(
  input: WorkloadInput,
  nodes: readonly ClusterNode[],
  taken: Set<string>,
  live: LiveState,
  budget: PodBudget,
): readonly PodDraft[] {
  const { scope } = input;
  const spec = input.spec(nodes);
  const { namespace, name: workload } = spec;
  const has = (name: string): boolean => taken.has(namespacedName({ namespace, name }));
  const pods: PodDraft[] = [];
  for (const set of setsOf(spec, live)) {
    const { length } = set.ordinals;
    if (budget.take(length, scope.at(...input.count)) < length) continue;
    for (const ordinal of set.ordinals) {
      const own = spec.controller.pod(spec, set, ordinal);
      const name = own?.name ?? podName(namespace, own?.base ?? "", ordinal, { has });
      if (own === undefined || has(name)) continue;
      taken.add(namespacedName({ namespace, name }));
      const kept = keptTemplate(set, ordinal);
      const template = kept ?? spec.template;
      const specScope = scope.at(...input.template, "spec");
      pods.push({
        namespace,
        name,
        labels: liveLabels(live, kindedName("Pod", { namespace, name }), {
          ...template.metadata?.labels,
          ...own.labels,
        }),
        annotations: { ...template.metadata?.annotations, ...own.annotations },
        spec: own.spec === undefined ? template.spec : { ...template.spec, ...own.spec },
        owner: { kind: spec.kind, name: workload, hash: set.hash, ordinal },
        ...(own.perNode === true ? { perNode: true } : {}),
        object: spec.key,
        scope: scope.at("metadata", "name"),
        // The file no longer has it: a mistake there does not concern this pod.
        specScope: kept === undefined ? specScope : specScope.muted(),
      });
    }
  }
  return pods;
}

/** Workloads of versions that were dropped, in today's form. */
import { at, isObject } from "../kube/manifest-parts.ts";
import type { ObjectValue } from "../kube/manifest-parts.ts";
import type { AnyKind } from "../kube/registry.ts";
import { formatPath } from "../syntax/path.ts";

/** extensions/v1beta1 and apps/v1beta1 select the template's labels where there is no selector (SetDefaults_DaemonSet and its like). */
export function withOldSelector({ workload }: AnyKind, value: ObjectValue): ObjectValue {
  const { spec } = value;
  const isSelecting = workload?.identity?.some((path) => formatPath(path) === "spec.selector") === true;
  const matchLabels = at(value, [...(workload?.template ?? []), "metadata", "labels"]);
  if (!isSelecting || !isObject(spec) || isObject(spec["selector"]) || !isObject(matchLabels)) return value;
  return { ...value, spec: { ...spec, selector: { matchLabels } } };
}

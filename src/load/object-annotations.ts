/** Annotations and labels of objects that another controller would act on. */
import { formatPath } from "../syntax/path.ts";
import type { Locate, Path } from "../syntax/path.ts";
import { isObject } from "../kube/manifest-parts.ts";
import type { ObjectValue } from "../kube/manifest-parts.ts";
import { WORKLOAD_KINDS } from "../kube/registry.ts";
import type { LeftOutCounts } from "./left-out.ts";
import { leftOutAnnotation } from "./network-annotations.ts";

/** Of an object, and of the pods that it makes: where there may be metadata. */
const METADATA: readonly Path[] = [
  ...new Map(
    [[], ...WORKLOAD_KINDS.map(({ workload }) => workload?.template ?? [])].map((path) => [formatPath(path), path]),
  ).values(),
];
/** Of the object, and of its pods' template. */
export function countAnnotations(value: ObjectValue, locate: Locate, counts: LeftOutCounts): void {
  for (const base of METADATA) {
    let at: unknown = value;
    for (const step of [...base, "metadata"]) at = isObject(at) ? at[step] : undefined;
    if (!isObject(at)) continue;
    for (const field of ["annotations", "labels"] as const)
      for (const [key, word] of Object.entries(isObject(at[field]) ? at[field] : {})) {
        const why = leftOutAnnotation(key, word);
        if (why !== undefined) counts.annotation(key, why, locate([...base, "metadata", field, key]));
      }
  }
}

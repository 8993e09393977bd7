/** Where a program or probe of a target runs: in which namespace, and with which pod's files where it shares that with its node. */
import type { TargetPlace } from "../net/place.ts";
import type { Target } from "../net/target.ts";
import { namespacedName, objectKey } from "../net/object-ref.ts";

export function placeOf({ ns, pod }: Pick<Target, "ns" | "pod">): TargetPlace {
  if (pod === undefined || objectKey(pod) === ns) return { ns };
  return { ns, pod: namespacedName(pod) };
}

/** Where a program or probe of a target runs: in which namespace, and with which pod's files where it shares that with its node. */
import type { TargetPlace } from "../net/place.ts";
import type { Target } from "../net/target.ts";

export function placeOf({ ns, pod }: Pick<Target, "ns" | "pod">): TargetPlace {
  const name = pod === undefined ? ns : `${pod.namespace}/${pod.name}`;
  return name === ns ? { ns } : { ns, pod: name };
}

/** Where a program or probe of a target runs: in which namespace, and with whose files where it shares that with its node. */
import type { Target } from "./lab.ts";

export interface TargetPlace {
  readonly ns: string;
  /** `NAMESPACE/NAME` of a hostNetwork pod: it has resolv.conf and hosts file of its own in its node's namespace. */
  readonly pod?: string | undefined;
}

export function placeOf({ ns, pod }: Pick<Target, "ns" | "pod">): TargetPlace {
  const name = pod === undefined ? ns : `${pod.namespace}/${pod.name}`;
  return name === ns ? { ns } : { ns, pod: name };
}

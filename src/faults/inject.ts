/** A lab's resources with the faults that are active in it. */
import type { Resource } from "../resources/resource.ts";
import type { InjectedFault } from "./injected.ts";
import { faultKind } from "./registry.ts";

/** In one line: `loss: node1/eth0 loses 30 % of the packets`. */
export function describeFault({ kind, settings }: InjectedFault): string {
  return `${kind}: ${faultKind(kind)?.describe(settings) ?? "unknown to this version"}`;
}

/** For people: what is so on purpose, and how to end it. */
export function faultsNote(lab: string, faults: readonly InjectedFault[]): string {
  const all = faults.map(({ id, ...fault }) =>
    id === fault.kind ? describeFault({ id, ...fault }) : `${id} (${describeFault({ id, ...fault })})`,
  );
  return `fault, on purpose: ${all.join("; ")}; undo it: k8snet-lab fault ${lab} undo`;
}

/** In the order in which they were injected. One of a kind that this version does not know has no effect. */
export function withInjectedFaults(
  resources: readonly Resource[],
  faults: readonly InjectedFault[],
): readonly Resource[] {
  return faults.reduce((now, fault) => {
    const { id, kind, settings, source } = fault;
    const cause = { source, object: `fault ${id}`, reason: describeFault(fault) };
    return faultKind(kind)?.inject(settings, { resources: now, id, cause }) ?? now;
  }, resources);
}

/** A lab's resources with the faults that are active in it. */
import type { Resource } from "../resources/resource.ts";
import type { InjectedFault } from "./injected.ts";
import { faultKind } from "./registry.ts";

const ON_PURPOSE = "fault, on purpose: ";

/** In one line: `loss: node1/eth0 loses 30 % of the packets`. */
export function describeFault({ kind, settings }: InjectedFault): string {
  return `${kind}: ${faultKind(kind)?.describe(settings) ?? "unknown to this version"}`;
}

/** The same by its name, which undoes it: `cut (partition: node1 and node2 do not see each other)`. */
export function nameFault(fault: InjectedFault): string {
  return fault.id === fault.kind ? describeFault(fault) : `${fault.id} (${describeFault(fault)})`;
}

/** For people: what is so on purpose, and how to end it. */
export function faultsNote(lab: string, faults: readonly InjectedFault[]): string {
  return `${ON_PURPOSE}${faults.map(nameFault).join("; ")}; undo it: k8snet-lab fault ${lab} undo`;
}

/** The same of one. */
export function faultNote(lab: string, fault: InjectedFault): string {
  return `${faultsNote(lab, [fault])} ${fault.id}`;
}

/** Whether a text is from faultsNote() or faultNote(). */
export function isFaultNote(text: string): boolean {
  return text.startsWith(ON_PURPOSE);
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

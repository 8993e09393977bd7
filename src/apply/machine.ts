/** What a machine of a lab that has several knows of itself. */
import type { MachinePort } from "./protocol.ts";

export interface Machine {
  readonly ownNamespace?: string | undefined;
  readonly ports: readonly MachinePort[];
}

export function findPort(
  machine: Machine | undefined,
  end: { readonly ns: string; readonly name: string },
): MachinePort | undefined {
  return machine?.ports.find((port) => port.ns === end.ns && port.name === end.name);
}

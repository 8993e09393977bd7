/** What a machine knows of itself in a lab on several. */
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

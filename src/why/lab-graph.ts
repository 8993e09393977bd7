/** How the namespaces of a lab are connected: cables, addresses and their owners, from the lab's resources. */
import { addTo } from "../append.ts";
import { addressesOf } from "../resources/definitions.ts";
import { labView } from "../resources/lab-view.ts";
import type { Resource } from "../resources/resource.ts";

interface Cable {
  readonly device: string;
  readonly to: string;
  readonly toDevice: string;
}

export interface Hops {
  /** From the first to the last. */
  readonly namespaces: readonly string[];
  /** `NAMESPACE DEVICE` of both ends of each cable in between. */
  readonly devices: readonly string[];
}

export class LabGraph {
  readonly #cables = new Map<string, Cable[]>();
  readonly #owners = new Map<string, string[]>();
  /** `NAMESPACE DEVICE` → the bridge that it is a port of. */
  readonly #masters = new Map<string, string>();
  readonly #tunnels = new Map<string, string[]>();

  constructor(applied: readonly Resource[]) {
    const { namespaces, cables, tunnelEnds } = labView(applied);
    for (const [one, other] of cables) {
      addTo(this.#cables, one.ns, { device: one.device, to: other.ns, toDevice: other.device });
      addTo(this.#cables, other.ns, { device: other.device, to: one.ns, toDevice: one.device });
    }
    for (const { name, ns, master } of namespaces.flatMap(({ devices }) => devices))
      if (master !== undefined) this.#masters.set(`${ns} ${name}`, master);
    for (const { ns, device } of tunnelEnds) addTo(this.#tunnels, ns, device);
    for (const { ns, address } of applied.flatMap(addressesOf)) addTo(this.#owners, address.split("/")[0] ?? "", ns);
  }

  /** Namespaces that should have the address. */
  owners(address: string): readonly string[] {
    return this.#owners.get(address) ?? [];
  }

  masterOf(ns: string, device: string): string | undefined {
    return this.#masters.get(`${ns} ${device}`);
  }

  tunnels(ns: string): readonly string[] {
    return this.#tunnels.get(ns) ?? [];
  }

  /** The way with the fewest cables; undefined: none. */
  hops(from: string, to: string): Hops | undefined {
    const before = new Map<string, { readonly ns: string; readonly cable: Cable } | undefined>([[from, undefined]]);
    const queue = [from];
    for (let ns = queue.shift(); ns !== undefined && !before.has(to); ns = queue.shift())
      for (const cable of this.#cables.get(ns) ?? [])
        if (!before.has(cable.to)) {
          before.set(cable.to, { ns, cable });
          queue.push(cable.to);
        }
    if (!before.has(to)) return undefined;
    const namespaces = [to];
    const devices: string[] = [];
    for (let step = before.get(to); step !== undefined; step = before.get(step.ns)) {
      namespaces.unshift(step.ns);
      devices.unshift(`${step.ns} ${step.cable.device}`, `${step.cable.to} ${step.cable.toDevice}`);
    }
    return { namespaces, devices };
  }
}

/** How the namespaces of a lab are connected: cables, addresses and their owners, from the lab's resources. */
import { addTo } from "../append.ts";
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
    for (const resource of applied) {
      if (resource.kind === "veth") {
        const { ns, name, peer } = resource;
        addTo(this.#cables, ns, { device: name, to: peer.ns, toDevice: peer.name });
        addTo(this.#cables, peer.ns, { device: peer.name, to: ns, toDevice: name });
        if (peer.master !== undefined) this.#masters.set(`${peer.ns} ${peer.name}`, peer.master);
      }
      if ("master" in resource && resource.master !== undefined)
        this.#masters.set(`${resource.ns} ${resource.name}`, resource.master);
      if (resource.kind === "vxlan") addTo(this.#tunnels, resource.ns, resource.name);
      if (resource.kind === "addr") addTo(this.#owners, resource.address.split("/")[0] ?? "", resource.ns);
    }
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

/** Which devices a namespace has, with their addresses: what routes, filters and targets may name. */
import { prefixContains } from "../net/address.ts";
import type { Address, InterfaceAddress } from "../net/address.ts";
import { didYouMean } from "../syntax/nearest.ts";
import type { Scope } from "../syntax/scope.ts";

export interface Device {
  readonly name: string;
  readonly kind: "lo" | "veth" | "bridge" | "vxlan";
  /** Made by the cluster layer; the topology may only add to it. */
  readonly cluster: boolean;
  readonly addresses: InterfaceAddress[];
  readonly scope?: Scope | undefined;
}

export class DeviceTable {
  readonly namespace: string;
  readonly #devices = new Map<string, Device>();
  /** The namespace has devices whose names are not known here (ports of a cluster's switches). */
  readonly open: boolean;

  constructor(namespace: string, open = false) {
    this.namespace = namespace;
    this.open = open;
    this.#devices.set("lo", { name: "lo", kind: "lo", cluster: false, addresses: [] });
  }

  get(name: string): Device | undefined {
    return this.#devices.get(name);
  }

  all(): readonly Device[] {
    return [...this.#devices.values()];
  }

  names(): readonly string[] {
    return [...this.#devices.keys()];
  }

  /** Adds a device; a name that is taken is a mistake and gives undefined. */
  add(device: Device): Device | undefined {
    const taken = this.#devices.get(device.name);
    if (taken !== undefined) {
      const where = taken.scope === undefined ? "" : ` (${taken.scope.source().file}:${taken.scope.source().line})`;
      const who = taken.cluster ? "the cluster's" : taken.kind === "lo" ? "the loopback" : `another ${taken.kind}`;
      device.scope?.keyError(
        `${this.namespace} already has a device "${device.name}": ${who}${where}`,
        taken.cluster
          ? `use another name; its settings go under interfaces: { ${device.name}: … }`
          : "device names are unique within a namespace; use another name",
      );
      return undefined;
    }
    this.#devices.set(device.name, device);
    return device;
  }

  /** The device, or a mistake that names those that there are. */
  require(name: string, scope: Scope, what = "device"): boolean {
    if (this.open || this.#devices.has(name)) return true;
    const names =
      what === "bridge"
        ? this.all()
            .filter((d) => d.kind === "bridge")
            .map((d) => d.name)
        : this.names();
    scope.dangling(
      `${this.namespace} has no ${what} "${name}"`,
      didYouMean(name, names, "there are") ?? `${this.namespace} has no ${what} at all; declare it or a link to it`,
    );
    return false;
  }

  /** The device in whose network the address is; `dev` limits the search. */
  onLink(address: Address, dev?: string): Device | undefined {
    for (const device of this.#devices.values()) {
      if (dev !== undefined && device.name !== dev) continue;
      if (device.addresses.some(({ prefix }) => prefixContains(prefix, address))) return device;
    }
    return undefined;
  }

  /** The device that has exactly this address. */
  owner(address: Address): Device | undefined {
    return this.all().find((device) =>
      device.addresses.some((a) => a.address.family === address.family && a.address.value === address.value),
    );
  }
}

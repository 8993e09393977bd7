/** Which devices a namespace has, with their addresses: what routes, filters and targets may name. */
import { parseInterfaceAddress, prefixContains, type Address, type InterfaceAddress } from "../net/address.ts";
import { didYouMean } from "../syntax/nearest.ts";
import type { Scope } from "../syntax/scope.ts";
import type { ResourceKind } from "../resources/resource.ts";
import { deviceOf, specsOf, type Topology, type TopologyNode } from "./topology.ts";

export interface Device {
  readonly name: string;
  readonly kind: ResourceKind | "lo";
  /** Made by the cluster layer; the topology may only add to it. */
  readonly cluster: boolean;
  readonly addresses: InterfaceAddress[];
  readonly scope?: Scope | undefined;
}

export class DeviceTable {
  readonly namespace: string;
  readonly #devices = new Map<string, Device>();

  constructor(namespace: string) {
    this.namespace = namespace;
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

  /** Adds a device; a name that is already used is a mistake and gives undefined. */
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

  /** The device, or a mistake that lists the existing ones. */
  require(name: string, scope: Scope, what = "device"): boolean {
    if (this.#devices.has(name)) return true;
    const names =
      what === "device"
        ? this.names()
        : this.all()
            .filter((d) => d.kind === what)
            .map((d) => d.name);
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

/** The devices of a topology. */
export interface DeviceTopology {
  readonly nodes: readonly Pick<TopologyNode, "name" | "settings" | "resources">[];
  readonly links: Topology["links"];
}

/** Adds a topology's devices; of a known one only the addresses. `cluster`: the cluster layer makes them. */
export function addDevices(tables: Map<string, DeviceTable>, topology: DeviceTopology, cluster: boolean): void {
  const tableOf = (ns: string): DeviceTable => {
    let table = tables.get(ns);
    if (table === undefined) tables.set(ns, (table = new DeviceTable(ns)));
    return table;
  };
  const declare = (ns: string, name: string, kind: Device["kind"]): Device | undefined => {
    const table = tableOf(ns);
    return table.get(name) ?? table.add({ name, kind, cluster, addresses: [] });
  };
  for (const { name: ns, settings, resources } of topology.nodes) {
    tableOf(ns);
    for (const { name } of settings) declare(ns, name, "veth");
    for (const spec of resources) {
      const made = deviceOf(spec);
      if (made !== undefined) declare(ns, made.name, made.kind);
    }
    for (const { dev, address } of specsOf({ resources }, "addr")) {
      const parsed = parseInterfaceAddress(address);
      if (parsed !== undefined) declare(ns, dev, "veth")?.addresses.push(parsed);
    }
  }
  for (const { endpoints } of topology.links)
    for (const { node, interface: name } of endpoints) declare(node, name, "veth");
}

/** Ethernet segments of the raw layer: which interfaces share a segment, so that duplicate addresses are found. */
import { parseInterfaceAddress } from "../net/address.ts";
import { DEVICE_LISTS } from "./devices/registry.ts";
import type { Scope } from "../syntax/scope.ts";
import type { NodeDevices } from "./resolve-node.ts";
import type { TopologyLink } from "./topology.ts";

/** A namespace with its devices as they are written, and where. */
export interface WrittenNode extends NodeDevices {
  readonly name: string;
  readonly scope: Scope;
}

/** Lists of devices that share the segment of the device that they are on. */
export const SHARING: ReadonlySet<string> = new Set(
  Object.entries<{ readonly sharesSegment?: true | undefined }>(DEVICE_LISTS).flatMap(([list, { sharesSegment }]) =>
    sharesSegment === true ? [list] : [],
  ),
);

/** Disjoint sets of device names. */
class Segments {
  readonly #parent = new Map<string, string>();

  find(device: string): string {
    let root = device;
    for (let next = this.#parent.get(root); next !== undefined; next = this.#parent.get(root)) root = next;
    for (let at = device; at !== root;) {
      const next = this.#parent.get(at) ?? root;
      this.#parent.set(at, root);
      at = next;
    }
    return root;
  }

  join(a: string, b: string): void {
    const [rootA, rootB] = [this.find(a), this.find(b)];
    if (rootA !== rootB) this.#parent.set(rootA, rootB);
  }
}

/** Reports each address and MAC that two devices of one segment have. */
export function checkSegments(nodes: readonly WrittenNode[], links: readonly TopologyLink[]): void {
  const segments = new Segments();
  const id = (node: string, device: string): string => `${node}:${device}`;
  for (const link of links) {
    const [a, b] = link.endpoints;
    segments.join(id(a.node, a.interface), id(b.node, b.interface));
  }
  const devicesOf = (node: WrittenNode) => [
    ...node.interfaces.map((device) => ({ device, group: "interfaces" })),
    ...node.bridges.map((device) => ({ device, group: "bridges" })),
    ...node.vxlans.map((device) => ({ device, group: "vxlans" })),
    ...node.typed.map((device) => ({ device, group: device.list })),
  ];
  for (const node of nodes) {
    for (const { device } of devicesOf(node))
      for (const master of [device.bridge, device.bond])
        if (master !== undefined) segments.join(id(node.name, device.name), id(node.name, master));
    for (const { name, link, list } of node.typed)
      if (link !== undefined && SHARING.has(list)) segments.join(id(node.name, name), id(node.name, link));
    for (const vxlan of node.vxlans) segments.join(id(node.name, vxlan.name), `vni:${vxlan.vni}:${vxlan.port}`);
  }
  const owners = new Map<string, { place: Scope; who: string }>();
  const claim = (key: string, what: string, who: string, place: Scope): void => {
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, { place, who });
    else
      place.error(
        `duplicate ${what}: ${owner.who} has it too (line ${owner.place.source().line})`,
        "every device on a segment needs its own",
      );
  };
  for (const node of nodes) {
    const { scope } = node;
    for (const { device, group } of devicesOf(node)) {
      if (device.name === "lo") continue;
      const segment = segments.find(id(node.name, device.name));
      const place = scope.at(group, device.name);
      const who = `${node.name}/${device.name}`;
      for (const [i, { address }] of device.addresses.entries()) {
        const parsed = parseInterfaceAddress(address);
        if (parsed === undefined) continue;
        const text = address.slice(0, address.indexOf("/"));
        claim(`${segment} ${text}`, `address ${text}`, who, place.at("addresses", i));
      }
      if (device.mac !== undefined) claim(`${segment} ${device.mac}`, `MAC ${device.mac}`, who, place.at("mac"));
    }
  }
}

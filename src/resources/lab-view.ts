/**
 * A lab as pictures, the screen and the search for lost packets see it, in the order of its resources: namespaces with their devices and
 * the addresses of these, the cables and tunnels between them.
 */
import { addTo } from "../append.ts";
import { formatNamespace } from "../net/place.ts";
import type { DeviceEnd, DeviceFacts, TunnelEntry, TunnelFacts } from "./definition.ts";
import { addressesOf, definitionOf, devicesOf } from "./definitions.ts";
import { isNetns, type NetnsResource } from "./netns/definition.ts";
import type { Resource, ResourceKind } from "./resource.ts";

export interface DeviceView extends Omit<DeviceFacts, "kind"> {
  /** `lo` is shown where it has addresses of its own. */
  readonly kind: ResourceKind | "lo";
  readonly addresses: readonly string[];
  /**
   * What devices that a view may take together have in common: the bridge that they are ports of, or the addresses that a node has on
   * the device of each of its pods. Undefined: the device stands for itself.
   */
  readonly group?: string | undefined;
  /** What makes it. */
  readonly resource: Resource;
}

export interface NamespaceView {
  /** Lab-internal namespace. */
  readonly ns: string;
  /** `pod/client`, `pod/shop/db`, `node1`. */
  readonly title: string;
  readonly role: NetnsResource["role"];
  /** The machine that it is on: itself, or a pod's node. */
  readonly node: string;
  readonly resource: NetnsResource;
  readonly devices: readonly DeviceView[];
}

export type Connection = readonly [DeviceEnd, DeviceEnd];

export interface LabView {
  readonly namespaces: readonly NamespaceView[];
  readonly cables: readonly Connection[];
  readonly tunnelEnds: readonly TunnelFacts[];
  readonly tunnels: readonly Connection[];
}

export function labView(resources: readonly Resource[]): LabView {
  const tunnelEnds = resources.flatMap((one) => definitionOf(one).tunnel?.(one) ?? []);
  return {
    namespaces: namespaceViews(resources),
    cables: cablesOf(resources),
    tunnelEnds,
    tunnels: tunnelsOf(tunnelEnds, resources),
  };
}

function namespaceViews(resources: readonly Resource[]): readonly NamespaceView[] {
  const addresses = new Map<string, string[]>();
  for (const { ns, dev, address } of resources.flatMap(addressesOf)) addTo(addresses, `${ns} ${dev}`, address);
  const devices = new Map<string, Omit<DeviceView, "group">[]>();
  const add = (device: Omit<DeviceView, "addresses" | "group">): void =>
    addTo(devices, device.ns, { ...device, addresses: addresses.get(`${device.ns} ${device.name}`) ?? [] });
  for (const resource of resources) {
    if (isNetns(resource) && addresses.has(`${resource.ns} lo`))
      add({ ns: resource.ns, name: "lo", kind: "lo", resource });
    for (const device of devicesOf(resource)) add({ ...device, resource });
  }
  return resources.filter(isNetns).map((resource) => {
    const { ns, role, node } = resource;
    return { ns, title: formatNamespace(ns), role, node, resource, devices: grouped(devices.get(ns) ?? []) };
  });
}

function grouped(devices: readonly Omit<DeviceView, "group">[]): readonly DeviceView[] {
  const alike = Map.groupBy(devices, ({ addresses }) => addresses.join(" "));
  return devices.map((device) => {
    const shared = device.addresses.join(" ");
    const isOne = device.peer !== undefined && shared !== "" && (alike.get(shared)?.length ?? 0) > 1;
    return { ...device, group: device.master ?? (isOne ? shared : undefined) };
  });
}

/** Pairs of devices that one resource makes: the ends of a cable. */
function cablesOf(resources: readonly Resource[]): readonly Connection[] {
  return resources.flatMap((resource): readonly Connection[] => {
    const [one, other] = devicesOf(resource);
    if (one === undefined || other === undefined) return [];
    return [[endOf(one), endOf(other)]];
  });
}

function endOf({ ns, name }: DeviceFacts): DeviceEnd {
  return { ns, device: name };
}

/** Ends that know of each other, by an entry or by their own remote addresses. */
function tunnelsOf(ends: readonly TunnelFacts[], resources: readonly Resource[]): readonly Connection[] {
  const own = ({ tunnel, local = "", remote = "" }: Omit<TunnelFacts, keyof DeviceEnd>): string =>
    `${tunnel} ${local} ${remote}`;
  const byAddresses = new Map(ends.map((end) => [own(end), end]));
  const byDevice = new Map(ends.map((end) => [`${end.ns} ${end.device}`, end]));
  const entries: readonly TunnelEntry[] = [
    ...resources.flatMap((one) => definitionOf(one).tunnelEntry?.(one) ?? []),
    ...ends.flatMap(({ ns, device, remote }) => (remote === undefined ? [] : [{ ns, device, remote }])),
  ];
  const found = new Map<string, Connection>();
  for (const { ns, device, remote } of entries) {
    const near = byDevice.get(`${ns} ${device}`);
    if (near === undefined) continue;
    const far = byAddresses.get(own({ ...near, local: remote, remote: near.remote === undefined ? "" : near.local }));
    if (far === undefined) continue;
    const [a, b] = [near, far].toSorted((x, y) => (`${x.ns} ${x.device}` < `${y.ns} ${y.device}` ? -1 : 1));
    if (a === undefined || b === undefined) continue;
    const pair: Connection = [
      { ns: a.ns, device: a.device },
      { ns: b.ns, device: b.device },
    ];
    found.set(pair.map((end) => `${end.ns} ${end.device}`).join(" "), pair);
  }
  return [...found.values()];
}

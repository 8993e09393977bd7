/** A lab as pictures and the screen show it: namespaces with their devices and the addresses of these, in the order of its resources. */
import { addTo } from "../append.ts";
import { formatNamespace } from "../net/place.ts";
import type { DeviceFacts } from "./definition.ts";
import { devicesOf } from "./definitions.ts";
import type { NetnsResource } from "./netns/definition.ts";
import type { Resource, ResourceKind } from "./resource.ts";

export interface DeviceView extends Omit<DeviceFacts, "kind"> {
  /** `lo` is shown where it has addresses of its own. */
  readonly kind: ResourceKind | "lo";
  readonly addresses: readonly string[];
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

/**
 * What devices that a picture may take together have in common: the bridge that they are ports of, or the addresses that a node has on
 * the device of each of its pods. Undefined: the device stands for itself.
 */
export function groupOf(device: DeviceView, all: readonly DeviceView[]): string | undefined {
  if (device.master !== undefined) return device.master;
  const shared = device.addresses.join(" ");
  if (device.kind !== "veth" || shared === "") return undefined;
  return all.some((other) => other !== device && other.addresses.join(" ") === shared) ? shared : undefined;
}

export function namespaceViews(resources: readonly Resource[]): readonly NamespaceView[] {
  const addresses = new Map<string, string[]>();
  for (const resource of resources)
    if (resource.kind === "addr") addTo(addresses, `${resource.ns} ${resource.dev}`, resource.address);
  const devices = new Map<string, DeviceView[]>();
  const add = (device: Omit<DeviceView, "addresses">): void =>
    addTo(devices, device.ns, { ...device, addresses: addresses.get(`${device.ns} ${device.name}`) ?? [] });
  for (const resource of resources) {
    if (resource.kind === "netns" && addresses.has(`${resource.ns} lo`))
      add({ ns: resource.ns, name: "lo", kind: "lo", resource });
    for (const device of devicesOf(resource)) add({ ...device, resource });
  }
  return resources
    .filter((resource) => resource.kind === "netns")
    .map((resource) => {
      const { ns, role, node } = resource;
      return { ns, title: formatNamespace(ns), role, node, resource, devices: devices.get(ns) ?? [] };
    });
}

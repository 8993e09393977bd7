/** The lab as the topology pane shows it: namespaces with their devices, and everything that made each of them. */
import type { Lab } from "../lab/lab.ts";
import { planOperations } from "../plan/plan-operations.ts";
import { planResources } from "../plan/plan-lab.ts";
import type { Operation } from "../resources/operation.ts";
import type { NetnsResource, Resource } from "../resources/resource.ts";

export interface DeviceView {
  readonly ns: string;
  readonly name: string;
  readonly kind: "veth" | "bridge" | "vxlan" | "lo";
  readonly addresses: readonly string[];
  readonly master: string | undefined;
  /** `node1:veth1234` for a veth end. */
  readonly peer: string | undefined;
  readonly resource: Resource | undefined;
}

export interface NamespaceView {
  readonly ns: string;
  /** `pod/client`, `pod/shop/db`, `node1`. */
  readonly title: string;
  readonly role: NetnsResource["role"];
  readonly node: string;
  readonly resource: NetnsResource;
  readonly devices: readonly DeviceView[];
  readonly addresses: readonly string[];
}

export interface Blueprint {
  /** Nodes first in the lab's order, each followed by its pods, then the other namespaces. */
  readonly namespaces: readonly NamespaceView[];
  /** Operations that build the lab from nothing, by namespace. */
  readonly operations: ReadonlyMap<string, readonly Operation[]>;
}

/** `default/client` → `pod/client`; other namespaces of pods keep theirs. */
export function titleOf(ns: string): string {
  if (!ns.includes("/")) return ns;
  return ns.startsWith("default/") ? `pod/${ns.slice("default/".length)}` : `pod/${ns}`;
}

export function makeBlueprint(lab: Lab): Blueprint {
  const resources = planResources(lab);
  const operations = new Map<string, Operation[]>();
  for (const operation of planOperations(lab.name, resources).operations) {
    pushTo(operations, operation.resource.ns, operation);
    if (operation.resource.kind === "veth" && operation.resource.peer.ns !== operation.resource.ns)
      pushTo(operations, operation.resource.peer.ns, operation);
  }
  const addresses = new Map<string, string[]>();
  const devices = new Map<string, DeviceView[]>();
  for (const resource of resources)
    if (resource.kind === "addr") pushTo(addresses, `${resource.ns}\0${resource.dev}`, resource.address);
  const add = (
    ns: string,
    name: string,
    kind: DeviceView["kind"],
    resource: Resource,
    master?: string,
    peer?: string,
  ): void =>
    pushTo(devices, ns, { ns, name, kind, addresses: addresses.get(`${ns}\0${name}`) ?? [], master, peer, resource });
  for (const resource of resources) {
    if (resource.kind === "bridge" || resource.kind === "vxlan")
      add(resource.ns, resource.name, resource.kind, resource, resource.master);
    if (resource.kind === "veth") {
      const { peer } = resource;
      add(resource.ns, resource.name, "veth", resource, resource.master, `${titleOf(peer.ns)}:${peer.name}`);
      add(peer.ns, peer.name, "veth", resource, peer.master, `${titleOf(resource.ns)}:${resource.name}`);
    }
  }
  const namespaces = resources
    .filter((resource) => resource.kind === "netns")
    .map((resource): NamespaceView => {
      const own = (devices.get(resource.ns) ?? []).toSorted(
        (a, b) => deviceOrder(a) - deviceOrder(b) || (a.name < b.name ? -1 : 1),
      );
      return {
        ns: resource.ns,
        title: titleOf(resource.ns),
        role: resource.role,
        node: resource.node,
        resource,
        devices: own,
        addresses: own.flatMap((device) => device.addresses),
      };
    });
  return { namespaces: inTreeOrder(namespaces), operations };
}

function pushTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** Uplinks first, then tunnels and bridges, then pods' veths. */
function deviceOrder(device: DeviceView): number {
  if (device.kind === "veth" && device.master === undefined) return 0;
  return { lo: 0, vxlan: 1, bridge: 2, veth: 3 }[device.kind];
}

function inTreeOrder(all: readonly NamespaceView[]): NamespaceView[] {
  const pods = new Map<string, NamespaceView[]>();
  for (const view of all) if (view.role === "pod") pushTo(pods, view.node, view);
  const rank = { node: 0, host: 0, pod: 1, switch: 2, router: 3, internet: 4 };
  const tops = all.filter((view) => view.role !== "pod").toSorted((a, b) => rank[a.role] - rank[b.role]);
  const ordered = tops.flatMap((view) => [view, ...(pods.get(view.ns) ?? [])]);
  const seen = new Set(ordered);
  return [...ordered, ...all.filter((view) => !seen.has(view))];
}

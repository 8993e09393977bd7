/** Where a fault may be: what load and live give to `resolve`, and devices found in a lab's resources. */
import { parseAddress, parseInterfaceAddress, prefixContains } from "../net/address.ts";
import { addressesOf, definitionOf, devicesOf } from "../resources/definitions.ts";
import type { DeviceFacts } from "../resources/definition.ts";
import type { LinkSettings } from "../resources/link-settings.ts";
import { isNetns } from "../resources/netns/definition.ts";
import type { Resource } from "../resources/resource.ts";

/** A namespace of the lab, or one of its devices. */
export interface FaultPlace {
  /** As the user wrote it. */
  readonly text: string;
  readonly ns: string;
  /** Absent: all devices that lead out of it. */
  readonly dev?: string | undefined;
}

export interface FaultPlaces {
  /** Each throws UsageError for what the lab does not have. */
  place(text: string): FaultPlace;
  /** A namespace as a whole. */
  whole(text: string): FaultPlace;
  node(text: string): FaultPlace;
  pod(text: string): FaultPlace;
}

/** The machine of a namespace. */
export function machineOf(resources: readonly Resource[], ns: string): string {
  return resources.find((one) => isNetns(one) && one.ns === ns)?.node ?? ns;
}

function leadsOut({ ns, name, peer }: DeviceFacts, resources: readonly Resource[]): boolean {
  if (peer === undefined || name === "lo") return false;
  // A pod's only way leads to its node; of a node, what leads to its pods does not leave it.
  return ns.includes("/") || machineOf(resources, peer.ns) !== machineOf(resources, ns);
}

/** Names of the devices that are meant: one, or all that lead out; none where the lab no longer has it. */
export function devicesAt({ ns, dev }: FaultPlace, resources: readonly Resource[]): readonly string[] {
  const own = resources.flatMap((one) => devicesOf(one).filter((device) => device.ns === ns));
  if (dev !== undefined) return own.some(({ name }) => name === dev) ? [dev] : [];
  return own.filter((device) => leadsOut(device, resources)).map(({ name }) => name);
}

/** A server or program of a pod: its cables and addresses are not. */
export function runsIn(resource: Resource, { ns }: FaultPlace): boolean {
  return resource.ns === ns && definitionOf(resource).ofContainer === true;
}

/** Devices that give out what the place's devices give out, or take in; none where a cable's other end is not the lab's. */
export function sendersAt(
  place: FaultPlace,
  direction: "in" | "out",
  resources: readonly Resource[],
): readonly { readonly ns: string; readonly dev: string }[] {
  const names = devicesAt(place, resources);
  if (direction === "out") return names.map((dev) => ({ ns: place.ns, dev }));
  return resources.flatMap((one) =>
    devicesOf(one).flatMap(({ ns, name, peer }) =>
      ns === place.ns && names.includes(name) && peer !== undefined ? [{ ns: peer.ns, dev: peer.name }] : [],
    ),
  );
}

type End = LinkSettings & { readonly ns: string; readonly name: string };

/** The resources with other settings for these devices. */
export function withLinks(
  resources: readonly Resource[],
  changes: (device: {
    readonly ns: string;
    readonly name: string;
    readonly mac?: string | undefined;
  }) => Partial<LinkSettings> | undefined,
): readonly Resource[] {
  const changed = <T extends End>(end: T): T => {
    const other = changes(end);
    return other === undefined ? end : { ...end, ...other };
  };
  return resources.map((one): Resource => {
    if (!("up" in one)) return one;
    return "peer" in one ? { ...changed(one), peer: changed(one.peer) } : changed(one);
  });
}

/** Whether the kernel drops it when the device goes down. A route that names no device leaves by the one whose network has its gateway. */
export function goesWith(resource: Resource, ns: string, dev: string, all: readonly Resource[]): boolean {
  if (resource.ns !== ns || definitionOf(resource).goesWithLink?.(resource, dev) !== true) return false;
  if (!("via" in resource) || resource.dev !== undefined || resource.via === undefined) return true;
  const gateway = parseAddress(resource.via);
  return all.flatMap(addressesOf).some((one) => {
    if (one.ns !== ns || one.dev !== dev || gateway === undefined) return false;
    const own = parseInterfaceAddress(one.address);
    return own !== undefined && prefixContains(own.prefix, gateway);
  });
}

/** The resources with these devices down, without what goes with them. */
export function withDown(
  resources: readonly Resource[],
  down: readonly { readonly ns: string; readonly dev: string }[],
): readonly Resource[] {
  const isDown = (ns: string, name: string): boolean => down.some((one) => one.ns === ns && one.dev === name);
  const left = resources.filter((one) => !down.some(({ ns, dev }) => goesWith(one, ns, dev, resources)));
  return withLinks(left, ({ ns, name }) => (isDown(ns, name) ? { up: false } : undefined));
}

/** With these in place of what has the same part of the kernel, as a device's root has one owner. */
export function inPlaceOf(resources: readonly Resource[], made: readonly Resource[]): readonly Resource[] {
  const claimsOf = (one: Resource): readonly string[] => definitionOf(one).plan.claims?.(one) ?? [];
  const claimed = new Set(made.flatMap(claimsOf));
  return [...resources.filter((one) => !claimsOf(one).some((claim) => claimed.has(claim))), ...made];
}

/** What all kinds of devices share: how their settings are compared and what they depend on. */
import type { ObservedLink } from "./observed.ts";
import type { ResourceIndex } from "./resource-index.ts";
import { formatNamespace } from "../net/place.ts";
import type { DeviceFacts } from "./definition.ts";
import type { ResourceKind } from "./resource.ts";
import { difference, ids, wishedDifference } from "./kind.ts";

/** Settings of one end of a veth pair, or any other device. Absent: the kernel's default. */
export interface LinkSettings {
  /** Lower-case, colon-separated. */
  readonly mac?: string | undefined;
  readonly mtu?: number | undefined;
  /** Bridge, bond or VRF in the same namespace. */
  readonly master?: string | undefined;
  /** `master` is a bond: it takes only devices that are down. */
  readonly bonded?: true | undefined;
  /** Bridge port flags; only with `master`. */
  readonly hairpin?: boolean | undefined;
  readonly isolated?: boolean | undefined;
  readonly learning?: boolean | undefined;
  /** Administrative state, default up. */
  readonly up: boolean;
}

/** A device as graphs and targets show it. */
export function linkDevice(
  kind: ResourceKind,
  { ns, name, mtu, mac, master }: LinkSettings & { readonly ns: string; readonly name: string },
): DeviceFacts {
  return { ns, name, kind, mtu, mac, master };
}

/** Others have replaced it under the same name. */
export function anotherDevice(name: string): string {
  return `${name}: another device of this name, not part of this lab`;
}

/** The other end of a cable: `pod/client:eth0`. */
export function peerText({ ns, name }: NonNullable<DeviceFacts["peer"]>): string {
  return `${formatNamespace(ns)}:${name}`;
}

/** Differences of one device, prefixed by its name. */
export function linkDifferences(device: string, wanted: LinkSettings, actual: ObservedLink): readonly string[] {
  const port =
    wanted.master === undefined
      ? []
      : [
          ...difference("hairpin", actual.hairpin ?? false, wanted.hairpin ?? false),
          ...difference("isolated", actual.isolated ?? false, wanted.isolated ?? false),
          ...difference("learning", actual.learning ?? true, wanted.learning ?? true),
        ];
  return [
    ...wishedDifference("mac", actual.mac, wanted.mac),
    ...wishedDifference("mtu", actual.mtu, wanted.mtu),
    ...difference("master", actual.master, wanted.master),
    ...port,
    ...Object.entries(actual.unusual ?? {}).flatMap(([name, is]) => difference(name, is, !is)),
    ...(actual.ownEntry === false ? [`the bridge's own forwarding entry for ${actual.mac} is missing`] : []),
    ...(actual.missingLinkLocal ?? []).map((text) => `${text} is missing`),
    ...difference("state", actual.up ? "up" : "down", wanted.up ? "up" : "down"),
  ].map((text) => `${device}: ${text}`);
}

/** The namespace, its sysctls (a new device copies `default`) and the bridge, bond or VRF that a device is a port of. */
export function linkNeeds(
  index: ResourceIndex,
  ns: string,
  settings: LinkSettings,
): { readonly netns: readonly string[]; readonly sysctls: readonly string[]; readonly master: readonly string[] } {
  return {
    netns: ids(index.netns(ns)),
    sysctls: index.nsSysctls(ns),
    master: settings.master === undefined ? [] : ids(index.device(ns, settings.master)),
  };
}

export function deviceClaim(ns: string, name: string): string {
  return `device ${ns} ${name}`;
}

/** What all kinds of devices share: how their settings are compared and what they depend on. */
import type { ObservedLink } from "./observed.ts";
import type { ResourceIndex } from "./resource-index.ts";
import type { LinkSettings } from "./resource.ts";
import { difference, ids, wishedDifference } from "./kind.ts";

/** Differences of one device, prefixed by its name. */
export function linkDifferences(name: string, wanted: LinkSettings, actual: ObservedLink): readonly string[] {
  const port =
    wanted.master === undefined
      ? []
      : [
          ...wishedDifference("hairpin", actual.hairpin, wanted.hairpin),
          ...wishedDifference("isolated", actual.isolated, wanted.isolated),
          ...wishedDifference("learning", actual.learning, wanted.learning),
        ];
  return [
    ...wishedDifference("mac", actual.mac, wanted.mac),
    ...wishedDifference("mtu", actual.mtu, wanted.mtu),
    ...difference("master", actual.master, wanted.master),
    ...port,
    ...(actual.ownEntry === false ? [`the bridge's own forwarding entry for ${actual.mac} is missing`] : []),
    ...(actual.missingLinkLocal ?? []).map((text) => `${text} is missing`),
    ...difference("state", actual.up ? "up" : "down", wanted.up ? "up" : "down"),
  ].map((text) => `${name}: ${text}`);
}

/** The namespace, its sysctls (a new device copies `default`) and the bridge that a device is a port of. */
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

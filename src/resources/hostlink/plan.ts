/** Links to the host: of the other end only its state is looked at. */
import { changed, MISSING } from "../kind.ts";
import type { KindPlan } from "../kind.ts";
import { deviceClaim, linkDifferences, linkNeeds } from "../link-settings.ts";
import type { HostlinkResource } from "./definition.ts";

export const hostlinkPlan: KindPlan<HostlinkResource> = {
  dependencies(link, index) {
    const { netns, sysctls, master } = linkNeeds(index, link.ns, link);
    return { needs: [...netns, ...sysctls, ...master], diesWith: netns, resetBy: master };
  },
  claims: ({ ns, name, type, host }) => [
    deviceClaim(ns, name),
    ...(type === "veth" ? [`device of the host ${host}`] : []),
  ],
  compare(link, observed) {
    const actual = observed.namespace(link.ns)?.links.get(link.name);
    if (actual === undefined) return MISSING;
    if (actual.kind !== link.type) return changed([`${link.name} is a ${actual.kind}, should be a ${link.type}`], true);
    const isCut = link.type === "veth" && actual.up && !actual.carrier;
    return changed([
      ...linkDifferences(link.name, link, actual),
      ...(isCut ? [`its end on the host, ${link.host}, is down`] : []),
    ]);
  },
  replaces: (before, after) => before.type !== after.type || before.host !== after.host,
};

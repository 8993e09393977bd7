/** Dummy devices: addresses of the namespace's own, on a device that sends nothing. */
import type { DummyResource } from "./definition.ts";
import { changed, MISSING } from "../kind.ts";
import type { KindPlan } from "../kind.ts";
import { deviceClaim, linkDifferences, linkNeeds } from "../link-settings.ts";

export const dummyPlan: KindPlan<DummyResource> = {
  dependencies(dummy, index) {
    const { netns, sysctls } = linkNeeds(index, dummy.ns, dummy);
    return { needs: [...netns, ...sysctls], diesWith: netns };
  },
  claims: (dummy) => [deviceClaim(dummy.ns, dummy.name)],
  compare(dummy, observed) {
    const link = observed.namespace(dummy.ns)?.links.get(dummy.name);
    if (link === undefined) return MISSING;
    if (link.kind !== "dummy") return changed([`${dummy.name} is a ${link.kind}, should be a dummy`], true);
    return changed(linkDifferences(dummy.name, dummy, link));
  },
  replaces: () => false,
};

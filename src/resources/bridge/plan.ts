/** Linux bridges. */
import type { BridgeResource } from "./definition.ts";
import { changed, difference, MISSING, wishedDifference, type KindPlan } from "../kind.ts";
import { deviceClaim, linkDifferences, linkNeeds } from "../link-settings.ts";

export const bridgePlan: KindPlan<BridgeResource> = {
  dependencies(bridge, index) {
    const { netns, sysctls } = linkNeeds(index, bridge.ns, bridge);
    return { needs: [...netns, ...sysctls], diesWith: netns };
  },
  claims: (bridge) => [deviceClaim(bridge.ns, bridge.name)],
  compare(bridge, observed) {
    const link = observed.namespace(bridge.ns)?.links.get(bridge.name);
    if (link === undefined) return MISSING;
    if (link.kind !== "bridge") return changed([`${bridge.name} is a ${link.kind}, should be a bridge`], true);
    return changed([
      ...linkDifferences(bridge.name, bridge, link),
      ...(link.stp === undefined ? [] : difference("stp", link.stp, bridge.stp)),
      ...difference("vlan filtering", link.vlanFiltering ?? false, bridge.vlanFiltering ?? false),
      ...(link.ageingSeconds === undefined ? [] : wishedDifference("ageing", link.ageingSeconds, bridge.ageingSeconds)),
    ]);
  },
  replaces: () => false,
};

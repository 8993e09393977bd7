/** VLANs of bridge ports. */
import type { BridgevlanResource } from "./definition.ts";
import { vlanText } from "./changes.ts";
import { changed, difference, ids, MISSING, SAME, type KindPlan } from "../kind.ts";

export const bridgevlanPlan: KindPlan<BridgevlanResource> = {
  dependencies({ ns, dev, bridge }, index) {
    const device = ids(index.device(ns, dev));
    const master = ids(index.device(ns, bridge));
    return { needs: [...new Set([...device, ...master])], diesWith: device, resetBy: dev === bridge ? [] : master };
  },
  compare({ ns, dev, bridge, vlans }, observed) {
    const link = observed.namespace(ns)?.links.get(dev);
    if (link === undefined) return MISSING;
    // Not shown while the bridge does not filter, which is a difference of its own; the kernel keeps them.
    if (observed.namespace(ns)?.links.get(bridge)?.vlanFiltering !== true) return SAME;
    const text = (all: BridgevlanResource["vlans"]): string => all.map(vlanText).join(", ");
    return changed(difference(`${dev}: vlan`, text(link.vlans ?? []) || undefined, text(vlans)));
  },
  replaces: () => false,
};

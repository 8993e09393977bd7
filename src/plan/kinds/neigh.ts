/** Permanent neighbour entries. */
import { changed, difference, ids, MISSING } from "../kind.ts";
import type { KindPlan } from "../kind.ts";

export const neighKind: KindPlan<"neigh"> = {
  dependencies(neigh, index) {
    const home = ids(index.device(neigh.ns, neigh.dev) ?? index.netns(neigh.ns));
    return { needs: home, diesWith: home };
  },
  compare(neigh, observed) {
    const actual = observed.namespace(neigh.ns)?.neighs.get(`${neigh.dev} ${neigh.address}`);
    if (actual === undefined) return MISSING;
    return changed([...difference("mac", actual.mac, neigh.mac), ...difference("state", actual.state, "permanent")]);
  },
  replaces: () => false,
};

/** Permanent neighbour entries, and proxy entries. */
import type { NeighResource } from "./definition.ts";
import { changed, difference, ids, MISSING, SAME, type KindPlan } from "../kind.ts";

export const neighPlan: KindPlan<NeighResource> = {
  dependencies(neigh, index) {
    const home = ids(index.device(neigh.ns, neigh.dev) ?? index.netns(neigh.ns));
    return { needs: home, diesWith: home };
  },
  compare(neigh, observed) {
    const namespace = observed.namespace(neigh.ns);
    if (neigh.mac === undefined)
      return namespace?.proxies.has(`${neigh.dev} ${neigh.address}`) === true ? SAME : MISSING;
    const actual = namespace?.neighs.get(`${neigh.dev} ${neigh.address}`);
    if (actual === undefined) return MISSING;
    const texts = [...difference("mac", actual.mac, neigh.mac), ...difference("state", actual.state, "permanent")];
    // A flushed entry is requested again by the next packet, and returns without a MAC.
    return { ...changed(texts), gone: actual.mac === undefined };
  },
  replaces: () => false,
};

/** Layer 7 proxies: another table is served without closing a connection. */
import { changed, ids, MISSING, type KindPlan } from "../kind.ts";
import type { L7Resource } from "./definition.ts";
import { l7Digest } from "./digest.ts";

export const l7Plan: KindPlan<L7Resource> = {
  dependencies(l7, index) {
    const home = ids(index.netns(l7.ns));
    return { needs: home, diesWith: home };
  },
  /** A port of a namespace can be had once. */
  claims: ({ ns, table }) => table.ports.map(({ transport, port }) => `l7 ${ns} ${transport} ${port}`),
  compare(l7, observed) {
    if (!observed.running.has(l7.id)) return { ...MISSING, reason: "not running" };
    const served = observed.state.digests?.[l7.id];
    return changed(served === undefined || served === l7Digest(l7) ? [] : ["another table is served"]);
  },
  replaces: () => false,
};

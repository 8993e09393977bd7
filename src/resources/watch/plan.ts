/** Watches: the agent checks something repeatedly. One that checks something else is a different watch. */
import type { WatchResource } from "./definition.ts";
import { ids, MISSING, SAME, type KindPlan } from "../kind.ts";
import { isRestarted, sameButPace } from "../pace.ts";

export const watchPlan: KindPlan<WatchResource> = {
  dependencies(watch, index) {
    const home = ids(index.netns(watch.ns));
    return { needs: home, diesWith: home };
  },
  compare: (watch, observed) => (observed.running.has(watch.id) ? SAME : MISSING),
  replaces: (before, after) => isRestarted(before, after) || !sameButPace(before, after),
};

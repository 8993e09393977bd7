/** Watches: the agent looks at something again and again. One that looks at something else is another one. */
import type { WatchResource } from "./definition.ts";
import { ids, MISSING, SAME } from "../kind.ts";
import type { KindPlan } from "../kind.ts";

export const watchPlan: KindPlan<WatchResource> = {
  dependencies(watch, index) {
    const home = ids(index.netns(watch.ns));
    return { needs: home, diesWith: home };
  },
  compare: (watch, observed) => (observed.running.has(watch.id) ? SAME : MISSING),
  replaces: () => true,
};

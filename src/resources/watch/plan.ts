/** Watches: the agent looks at something again and again. One that looks at something else is another one. */
import { ids, MISSING, SAME } from "../kind.ts";
import type { KindPlan } from "../kind.ts";

export const watchKind: KindPlan<"watch"> = {
  dependencies(watch, index) {
    const home = ids(index.netns(watch.ns));
    return { needs: home, diesWith: home };
  },
  compare: (watch, observed) => (observed.running.has(watch.id) ? SAME : MISSING),
  replaces: () => true,
  inAgent: true,
};

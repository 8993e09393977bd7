/** Processes: started when the whole network of their namespace exists, so that they can use it at once. */
import type { ProcessResource } from "./definition.ts";
import { ids, MISSING, SAME, type KindPlan } from "../kind.ts";
import { isRestarted, sameButPace } from "../pace.ts";

export const processPlan: KindPlan<ProcessResource> = {
  dependencies(process, index) {
    const home = ids(index.netns(process.ns));
    const volumes = (process.mounts ?? []).flatMap(({ volume }) => index.volume(process.ns, process.pod, volume) ?? []);
    return { needs: [...home, ...index.environment(process.ns), ...volumes], diesWith: [...home, ...volumes] };
  },
  compare: (process, observed) => (observed.running.has(process.id) ? SAME : { ...MISSING, reason: "not running" }),
  replaces: (before, after) => isRestarted(before, after) || !sameButPace(before, after),
};

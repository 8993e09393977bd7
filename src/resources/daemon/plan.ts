/** Daemons: started when all but what they write themselves is there. */
import type { DaemonResource } from "./definition.ts";
import { ids, MISSING, SAME, type KindPlan } from "../kind.ts";

export const daemonPlan: KindPlan<DaemonResource> = {
  dependencies(daemon, index) {
    const home = ids(index.netns(daemon.ns));
    return { needs: [...home, ...index.environment(daemon.ns)], diesWith: home };
  },
  compare: (daemon, observed) => (observed.running.has(daemon.id) ? SAME : { ...MISSING, reason: "not running" }),
  replaces: (before, after) => before.argv.join(" ") !== after.argv.join(" "),
};

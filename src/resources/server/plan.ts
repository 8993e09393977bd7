/** Built-in servers: sockets that the agent holds in a namespace. They stay when addresses change. */
import type { ServerResource } from "./definition.ts";
import { ids, MISSING, SAME, type KindPlan } from "../kind.ts";
import { isRestarted, sameButPace } from "../pace.ts";

export const serverPlan: KindPlan<ServerResource> = {
  dependencies(server, index) {
    const home = ids(index.netns(server.ns));
    return { needs: home, diesWith: home };
  },
  compare: (server, observed) => (observed.running.has(server.id) ? SAME : MISSING),
  replaces: (before, after) => isRestarted(before, after) || !sameButPace(before, after),
};

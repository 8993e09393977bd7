/** Where tracked UDP flows may go: put right whenever that changes, after the rules that send new ones. */
import type { ConntrackResource } from "./definition.ts";
import { ids, MISSING, SAME, type KindPlan } from "../kind.ts";

export const conntrackPlan: KindPlan<ConntrackResource> = {
  dependencies(conntrack, index) {
    const home = ids(index.netns(conntrack.ns));
    return { needs: [...home, ...index.environment(conntrack.ns)], diesWith: home };
  },
  // Flows appear and end on their own: what matters is when they were last checked.
  compare: (conntrack, observed) => (observed.state.applied[conntrack.id] === undefined ? MISSING : SAME),
  replaces: () => false,
};

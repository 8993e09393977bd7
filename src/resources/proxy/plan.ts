/** kube-proxy's listeners in userspace mode: sockets that the agent holds; other endpoints are taken without closing them. */
import { ids, MISSING, SAME } from "../kind.ts";
import type { KindPlan } from "../kind.ts";

export const proxyKind: KindPlan<"proxy"> = {
  dependencies(proxy, index) {
    const home = ids(index.netns(proxy.ns));
    return { needs: home, diesWith: home };
  },
  /** Two Services may change places. */
  claims: ({ ns, family, protocol, port }) => [`proxy ${ns} ${family} ${protocol} ${port}`],
  compare: (proxy, observed) => (observed.running.has(proxy.id) ? SAME : MISSING),
  replaces: (before, after) => before.port !== after.port,
  inAgent: true,
  heldByUsers: true,
};

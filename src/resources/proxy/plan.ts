/** kube-proxy's listeners in userspace mode: sockets that the agent holds; they are updated without closing them. */
import type { ProxyResource } from "./definition.ts";
import { ids, MISSING, SAME, type KindPlan } from "../kind.ts";

export const proxyPlan: KindPlan<ProxyResource> = {
  dependencies(proxy, index) {
    const home = ids(index.netns(proxy.ns));
    return { needs: home, diesWith: home };
  },
  /** Two Services may change places. */
  claims: ({ ns, family, protocol, port }) => [`proxy ${ns} ${family} ${protocol} ${port}`],
  compare: (proxy, observed) => (observed.running.has(proxy.id) ? SAME : MISSING),
  replaces: (before, after) => before.port !== after.port,
  heldByUsers: true,
};

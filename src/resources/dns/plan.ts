/** DNS servers: sockets that the agent holds in a namespace; they are updated without closing them. */
import type { DnsResource } from "./definition.ts";
import { ids, MISSING, SAME, type KindPlan } from "../kind.ts";
import { isRestarted } from "../pace.ts";

export const dnsPlan: KindPlan<DnsResource> = {
  dependencies(dns, index) {
    const home = ids(index.netns(dns.ns));
    return { needs: home, diesWith: home };
  },
  compare: (dns, observed) => (observed.running.has(dns.id) ? SAME : MISSING),
  replaces: (before, after) => before.port !== after.port || isRestarted(before, after),
};

/** Addresses of devices. */
import type { AddrResource } from "./definition.ts";
import { changed, difference, ids, MISSING, wishedDifference } from "../kind.ts";
import type { KindPlan } from "../kind.ts";

export const addrPlan: KindPlan<AddrResource> = {
  dependencies(addr, index) {
    const primary = index.primaryOf(addr.id);
    const home = ids(index.device(addr.ns, addr.dev) ?? index.netns(addr.ns), primary);
    return { needs: [...home, ...index.deviceSysctls(addr.ns, addr.dev)], diesWith: home };
  },
  claims: (addr) => [`address ${addr.ns} ${addr.address.slice(0, addr.address.indexOf("/"))}`],
  compare(addr, observed) {
    const actual = observed.namespace(addr.ns)?.addrs.get(`${addr.dev} ${addr.address}`);
    if (actual === undefined) return MISSING;
    const isPrefix = (route: string): boolean => !/^(?:local|broadcast|multicast) /.test(route);
    const missing = (actual.missingRoutes ?? []).filter((route) => addr.routeRemoved !== true || !isPrefix(route));
    const gone = missing.map((route) => `route ${route} is missing`);
    const differences = [
      ...wishedDifference("scope", actual.scope, addr.scope),
      ...difference("prefix route", actual.prefixRoute ?? true, addr.prefixRoute ?? true),
    ];
    return changed([...differences, ...gone], differences.length > 0);
  },
  replaces: (before, after) => before.scope !== after.scope || before.prefixRoute !== after.prefixRoute,
};

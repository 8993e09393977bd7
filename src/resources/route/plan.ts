/** Routes. Known by family, prefix, table and metric; the rest of a route can be replaced in place. */
import type { ObservedRoute } from "../observed.ts";
import { formatNextHop, hopsOf, type NextHop } from "./next-hop.ts";
import type { RouteResource } from "./definition.ts";
import { observedRouteKey } from "../observed-index.ts";
import { changed, difference, ids, MISSING, SAME, wishedDifference, type KindPlan } from "../kind.ts";

/** In any order; a device is compared where it is wished for. */
function hopsText(hops: readonly NextHop[] | undefined, wanted: readonly NextHop[] | undefined): string | undefined {
  const anyDevice = wanted?.every(({ dev }) => dev === undefined) === true;
  const texts = hops?.map((hop) => formatNextHop(anyDevice ? { ...hop, dev: undefined } : hop));
  return texts?.toSorted().join(" ");
}

/** Texts like `via is 10.0.0.3, should be 10.0.0.2`. */
export function routeDifferences(wanted: RouteResource, actual: ObservedRoute): readonly string[] {
  return [
    ...difference("type", actual.type, wanted.type),
    ...difference("via", actual.via, wanted.via),
    ...difference("next hops", hopsText(actual.nexthops, wanted.nexthops), hopsText(wanted.nexthops, wanted.nexthops)),
    ...wishedDifference("dev", actual.dev, wanted.dev),
    ...wishedDifference("src", actual.src, wanted.src),
    ...(wanted.onlink ? difference("onlink", actual.onlink, true) : []),
    ...difference("mtu", actual.mtu, wanted.mtu),
    // IPv6 has no scope; the kernel says global to whatever it is given.
    ...(wanted.family === "ipv4" ? wishedDifference("scope", actual.scope, wanted.scope) : []),
    ...wishedDifference("protocol", actual.protocol, wanted.protocol),
  ];
}

export const routePlan: KindPlan<RouteResource> = {
  dependencies(route, index) {
    const { ns, src, family } = route;
    if (route.daemon !== undefined) {
      const home = ids(index.netns(ns));
      return { needs: [...home, ...index.daemons], diesWith: [] };
    }
    // A local route needs an address; with another source it stays when that goes (fib_del_ifaddr()).
    const stays = route.type === "local" && route.dev !== undefined ? index.addresses(ns, route.dev, family) : [];
    const ways = hopsOf(route).flatMap(({ via, dev }) => {
      const home = ids(dev === undefined ? index.netns(ns) : (index.device(ns, dev) ?? index.netns(ns)));
      const own = dev === undefined || (via !== undefined && !route.onlink) ? [] : index.addresses(ns, dev, family);
      const reach =
        via === undefined || route.onlink
          ? []
          : [...index.networksHolding(ns, via), ...index.linkRoutesHolding(ns, via).filter((id) => id !== route.id)];
      return [...home, ...own, ...reach];
    });
    const source = src === undefined ? [] : index.addressResources(ns, src);
    const needs = [...new Set([...ways, ...source])];
    return { needs, diesWith: needs.filter((id) => !stays.includes(id)) };
  },
  compare(route, observed) {
    const candidates = observed.namespace(route.ns)?.routes.get(observedRouteKey(route)) ?? [];
    let nearest: readonly string[] | undefined;
    for (const actual of candidates) {
      const differences = routeDifferences(route, actual);
      if (differences.length === 0) return SAME;
      // A route that the kernel made for an address is not ours to replace.
      if (actual.protocol !== "kernel") nearest ??= differences;
    }
    if (nearest !== undefined) return changed(nearest);
    return route.daemon === undefined ? MISSING : { ...MISSING, reason: `${route.daemon} has not written it` };
  },
  replaces: () => false,
};

/** Routes: `ip route`. */
import { formatNextHop } from "./next-hop.ts";
import { ownRouteBefore } from "./own-route.ts";
import type { RouteResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function line(verb: string, route: RouteResource, shell: Shell): string {
  const { family, to, type, via, dev, nexthops = [], onlink, src, table, metric, mtu, scope, protocol } = route;
  return shell.ipFamily(
    route,
    family,
    "route",
    verb,
    ...(type === "unicast" ? [] : [type]),
    to === "0.0.0.0/0" || to === "::/0" ? "default" : to,
    ...(via === undefined ? [] : ["via", via]),
    ...(dev === undefined ? [] : ["dev", dev]),
    ...(onlink ? ["onlink"] : []),
    ...(src === undefined ? [] : ["src", src]),
    ...(table === 254 ? [] : ["table", table]),
    ...(metric === undefined ? [] : ["metric", metric]),
    ...(mtu === undefined ? [] : ["mtu", mtu]),
    ...(scope === undefined ? [] : ["scope", scope]),
    // What `ip route` itself writes.
    ...(protocol === undefined || protocol === "boot" ? [] : ["proto", protocol]),
    // Last: what follows would be taken as the last hop's.
    ...nexthops.flatMap((hop) => formatNextHop(hop).split(" ")),
  );
}

export const routeEncoder: KindEncoder<RouteResource> = {
  create(route, shell) {
    const { id, kind, ns, node, cause, family } = route;
    const before = ownRouteBefore(route);
    return [
      ...(before === undefined ? [] : [line("del", { id, kind, ns, node, cause, family, ...before }, shell)]),
      line("add", route, shell),
    ];
  },
  update: (route, _before, shell) => [line("replace", route, shell)],
  remove: (route, shell) => [line("del", route, shell)],
  restore: (route, shell) => [line("replace", route, shell)],
};

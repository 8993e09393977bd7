/** Routes: `ip route`. */
import type { RouteResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function line(verb: string, route: RouteResource, shell: Shell): string {
  const { family, to, type, via, dev, onlink, src, table, metric, mtu, scope } = route;
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
  );
}

export const routeEncoder: KindEncoder<RouteResource> = {
  create: (route, shell) => [line("add", route, shell)],
  update: (route, _before, shell) => [line("replace", route, shell)],
  remove: (route, shell) => [line("del", route, shell)],
};

/** Addresses: `ip addr`. */
import { ownRouteDetails, ownRoutes, ownRouteText } from "../own-routes.ts";
import type { OwnRoute } from "../own-routes.ts";
import type { AddrResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function line(verb: string, addr: AddrResource, shell: Shell): readonly string[] {
  const { address, dev, scope, prefixRoute, ...place } = addr;
  const scoped = scope === undefined ? [] : ["scope", scope];
  const flags = prefixRoute === false && verb !== "del" ? ["noprefixroute"] : [];
  return [shell.ip(place, "addr", verb, address, "dev", dev, ...scoped, ...flags)];
}

function routeLine(addr: AddrResource, route: OwnRoute, shell: Shell): string {
  const { protocol, scope, src, metric } = ownRouteDetails(addr, route);
  const words = ownRouteText(route, addr.dev).split(" ");
  return shell.ipFamily(
    addr,
    addr.family,
    "route",
    "append",
    ...words,
    ...(route.type === "unicast" ? [] : ["table", "local"]),
    "proto",
    protocol,
    ...(scope === undefined ? [] : ["scope", scope]),
    ...(src === undefined ? [] : ["src", src]),
    ...(metric === undefined ? [] : ["metric", metric]),
  );
}

export const addrEncoder: KindEncoder<AddrResource> = {
  create: (addr, shell) => line("add", addr, shell),
  update: (addr, _before, shell) => line("replace", addr, shell),
  remove: (addr, shell) => line("del", addr, shell),
  // Of one that is there, the routes that the kernel has made for it: a new address would cost others.
  restore: (addr, shell, reason) => {
    const gone = ownRoutes(addr).filter((route) =>
      reason.includes(`route ${ownRouteText(route, addr.dev)} is missing`),
    );
    return gone.length === 0 ? line("replace", addr, shell) : gone.map((route) => routeLine(addr, route, shell));
  },
};

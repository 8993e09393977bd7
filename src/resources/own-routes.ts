/**
 * Which of the routes are gone that the kernel makes on its own for an address: the connected one, those in table local, and,
 * for IPv6, its device's multicast route (fib_add_ifaddr() in net/ipv4/fib_frontend.c, net/ipv6/addrconf.c).
 */
import { addressAt, formatAddress, formatPrefix, parseInterfaceAddress, prefixSize } from "../net/address.ts";
import { HOST_LENGTH } from "../net/families.ts";
import { linkLocalAddress } from "../net/mac.ts";
import type { ObservedAddr, ObservedLink, ObservedRoute } from "./observed.ts";

const MAIN = 254;
const LOCAL = 255;
/** Shorter IPv4 prefixes have a broadcast address. */
const POINT_TO_POINT = 31;
const MULTICAST = "ff00::/8";
const ADDRCONF_METRIC = 256;

export interface OwnRoute {
  readonly to: string;
  readonly table: number;
  readonly type: string;
}

type Address = Pick<ObservedAddr, "address" | "family" | "dev" | "prefixRoute">;

/** The rest of such a route, as the kernel makes it; IPv6 has no source there, but a metric (IP6_RT_PRIO_ADDRCONF). */
export function ownRouteDetails(
  { address, family }: Pick<ObservedAddr, "address" | "family">,
  { type }: OwnRoute,
): { readonly protocol: "kernel"; readonly scope?: string; readonly src?: string; readonly metric?: number } {
  if (family === "ipv6") return { protocol: "kernel", metric: type === "local" ? 0 : ADDRCONF_METRIC };
  return { protocol: "kernel", scope: type === "local" ? "host" : "link", src: address.slice(0, address.indexOf("/")) };
}

/** In the syntax of `ip route`, as missingOwnRoutes names it. */
export function ownRouteText({ to, type }: OwnRoute, dev: string): string {
  return `${type === "unicast" ? "" : `${type} `}${to.replace(/\/(32|128)$/, "")} dev ${dev}`;
}

/** The one to the address comes first: others have it as their source. */
export function ownRoutes({ address, family, dev, prefixRoute }: Address): readonly OwnRoute[] {
  const parsed = parseInterfaceAddress(address);
  if (parsed === undefined) return [];
  const { prefix } = parsed;
  const host = HOST_LENGTH[family];
  const own = { to: `${formatAddress(parsed.address)}/${host}`, table: LOCAL, type: "local" };
  if (dev === "lo") return [own];
  const toPrefix = { to: formatPrefix(prefix), table: MAIN, type: "unicast" };
  const connected = prefixRoute === false ? [] : [toPrefix];
  if (family === "ipv6") return [own, ...connected, { to: MULTICAST, table: LOCAL, type: "multicast" }];
  const last = prefix.length < POINT_TO_POINT ? addressAt(prefix, prefixSize(prefix) - 1n) : undefined;
  return [
    own,
    ...(prefix.length < host ? connected : []),
    ...(last === undefined ? [] : [{ to: `${formatAddress(last)}/${host}`, table: LOCAL, type: "broadcast" }]),
  ];
}

/** In the syntax of `ip route`: `10.1.0.0/24 dev eth0`, `local 10.1.0.2 dev eth0`. Empty where they cannot be expected: the device is down. */
export function missingOwnRoutes(
  addr: ObservedAddr,
  link: Pick<ObservedLink, "up" | "carrier"> | undefined,
  routes: readonly ObservedRoute[],
): readonly string[] {
  if (link?.up !== true || addr.tentative || (addr.family === "ipv6" && !link.carrier)) return [];
  const there = new Set(
    routes
      .filter(({ family, via, dev }) => family === addr.family && via === undefined && dev === addr.dev)
      .map(({ table, to }) => `${table} ${to}`),
  );
  return ownRoutes(addr).flatMap((route) =>
    there.has(`${route.table} ${route.to}`) ? [] : [ownRouteText(route, addr.dev)],
  );
}

/** For a device with a link-local address of the kernel: which parts of it are missing. Its multicast route goes with other addresses, if there are any. */
export function missingLinkLocal(
  link: Pick<ObservedLink, "name" | "mac" | "up" | "carrier">,
  addrs: readonly ObservedAddr[],
  routes: readonly ObservedRoute[],
): readonly string[] {
  const here = addrs.filter(({ dev, family }) => dev === link.name && family === "ipv6");
  const own = here.filter(({ scope }) => scope === "link");
  if (own.length === 0) return [`address ${linkLocalAddress(link.mac)}/64`];
  const gone = new Set(own.flatMap((addr) => missingOwnRoutes(addr, link, routes)));
  return [...gone]
    .filter((text) => own.length === here.length || !text.startsWith(`multicast ${MULTICAST} `))
    .map((text) => `route ${text}`);
}

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

interface OwnRoute {
  readonly to: string;
  readonly table: number;
  readonly type: string;
}

function ownRoutes({ address, family, dev, prefixRoute }: ObservedAddr): readonly OwnRoute[] {
  const parsed = parseInterfaceAddress(address);
  if (parsed === undefined) return [];
  const { prefix } = parsed;
  const host = HOST_LENGTH[family];
  const own = { to: `${formatAddress(parsed.address)}/${host}`, table: LOCAL, type: "local" };
  if (dev === "lo") return [own];
  const toPrefix = { to: formatPrefix(prefix), table: MAIN, type: "unicast" };
  const connected = prefixRoute === false ? [] : [toPrefix];
  if (family === "ipv6") return [...connected, own, { to: MULTICAST, table: LOCAL, type: "multicast" }];
  const last = prefix.length < POINT_TO_POINT ? addressAt(prefix, prefixSize(prefix) - 1n) : undefined;
  return [
    ...(prefix.length < host ? connected : []),
    own,
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
  return ownRoutes(addr).flatMap(({ to, table, type }) =>
    there.has(`${table} ${to}`)
      ? []
      : [`${type === "unicast" ? "" : `${type} `}${to.replace(/\/(32|128)$/, "")} dev ${addr.dev}`],
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

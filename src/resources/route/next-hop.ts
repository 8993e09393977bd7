/** The next hops of a route, one or several (rtnetlink(7), RTA_MULTIPATH). */

/** One of the ways of a multipath route. */
export interface NextHop {
  readonly via?: string | undefined;
  readonly dev?: string | undefined;
  /** Its share, 1 to 256. */
  readonly weight: number;
}

/** All its ways; a plain route has one. */
export function hopsOf({
  via,
  dev,
  nexthops,
}: {
  readonly via?: string | undefined;
  readonly dev?: string | undefined;
  readonly nexthops?: readonly NextHop[] | undefined;
}): readonly NextHop[] {
  return nexthops ?? [{ via, dev, weight: 1 }];
}

/** `nexthop via 10.0.0.2 dev eth0 weight 1`, as iproute2 writes it. */
export function formatNextHop({ via, dev, weight }: NextHop): string {
  return [
    "nexthop",
    ...(via === undefined ? [] : ["via", via]),
    ...(dev === undefined ? [] : ["dev", dev]),
    "weight",
    weight,
  ].join(" ");
}

/** Routes. */
import type { Family } from "../../net/family.ts";
import { observedRouteKey } from "../observed-index.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { routeEncoder } from "./encode.ts";
import { formatNextHop, hopsOf, type NextHop } from "./next-hop.ts";
import { routePlan } from "./plan.ts";

export interface RouteResource extends ResourceBase {
  readonly kind: "route";
  readonly family: Family;
  /** Canonical prefix; the default route is `0.0.0.0/0` or `::/0`. */
  readonly to: string;
  readonly type: "unicast" | "blackhole" | "unreachable" | "prohibit" | "local";
  readonly via?: string | undefined;
  readonly dev?: string | undefined;
  /** In place of `via` and `dev`; at least two. */
  readonly nexthops?: readonly NextHop[] | undefined;
  readonly onlink: boolean;
  readonly src?: string | undefined;
  /** Routing table number, default 254 (main). */
  readonly table: number;
  readonly metric?: number | undefined;
  readonly mtu?: number | undefined;
  readonly scope?: "global" | "link" | "host" | undefined;
  /** Who made it, as iproute2 writes it: a name of its rt_protos, or a number. Absent: boot, and another is as good. */
  readonly protocol?: string | undefined;
  /** The daemon of the namespace that writes it: it is waited for, and never written by the lab. */
  readonly daemon?: string | undefined;
}

export const routeDefinition: ResourceDefinition<RouteResource> = {
  kind: "route",
  lives: "kernel",
  speed: "netlink",
  waits: ({ daemon }) => daemon !== undefined,
  together: (action, { daemon }) => (daemon === undefined ? undefined : `${action} ${daemon}`),
  listed: ["route"],
  metAt: "routing",
  script: "own",
  key: ({ to, table, metric }) => [
    to,
    ...(table === 254 ? [] : [`table ${table}`]),
    ...(metric === undefined ? [] : [`metric ${metric}`]),
  ],
  describe({ family, type, to, via, dev, nexthops, onlink, table, protocol }) {
    const isDefault = to === "0.0.0.0/0" || to === "::/0";
    return [
      "route",
      ...(type === "unicast" ? [] : [type]),
      isDefault ? `default${family === "ipv6" ? " (ipv6)" : ""}` : to,
      ...(via === undefined ? [] : [`via ${via}`]),
      ...(dev === undefined ? [] : [`dev ${dev}`]),
      ...(nexthops ?? []).map(formatNextHop),
      ...(onlink ? ["onlink"] : []),
      ...(protocol === undefined || protocol === "boot" ? [] : [`proto ${protocol}`]),
      ...(table === 254 ? [] : [`table ${table}`]),
    ].join(" ");
  },
  heading: (_resource, described) => described,
  provide({ id, ns, via, dev, to, daemon }, index) {
    // What else is there must not wait for it: the daemon itself needs that.
    if (daemon !== undefined) return;
    if (via === undefined && dev !== undefined) index.addLinkRoute(ns, to, id);
    index.addEnvironment(ns, id);
  },
  own: (route, own) => void own.routes.add(observedRouteKey(route)),
  goesWithLink: (route, device) => hopsOf(route).some(({ dev }) => (dev ?? device) === device),
  meets: ({ to }, passage) => passage.concerns(to),
  plan: routePlan,
  encode: routeEncoder,
};

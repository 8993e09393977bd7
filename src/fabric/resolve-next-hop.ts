/** Next hops of the raw layer's routes: what can be reached, and what cannot. */
import type { Family } from "../net/family.ts";
import { formatAddress, formatPrefix, isIPv6LinkLocal, prefixContains } from "../net/address.ts";
import type { Address, Prefix } from "../net/address.ts";
import type { NextHop } from "../resources/route/next-hop.ts";
import { readAddress } from "../syntax/address-field.ts";
import type { Scope } from "../syntax/scope.ts";
import type { DeviceTable } from "./device-table.ts";
import type { RouteDocument } from "./schema.ts";

/** A route above that needs no next hop. */
export interface LinkRoute {
  readonly prefix: Prefix;
  readonly dev: string;
}

/** Is the next hop reachable without another next hop: by a device's network, or by a device route above. */
function reachable(via: Address, dev: string | undefined, table: DeviceTable, earlier: readonly LinkRoute[]): boolean {
  if (isIPv6LinkLocal(via) && dev !== undefined) return true;
  if (table.onLink(via, dev) !== undefined) return true;
  return earlier.some((route) => (dev === undefined || route.dev === dev) && prefixContains(route.prefix, via));
}

/** Judges a next hop against the namespace's devices and the routes above it. `scope`: of the route, or of one of its next hops. */
export function checkNextHop(
  doc: Pick<RouteDocument, "dev" | "onlink">,
  via: Address,
  table: DeviceTable,
  earlier: readonly LinkRoute[],
  scope: Scope,
): void {
  const text = formatAddress(via);
  const own = table.owner(via);
  if (own !== undefined) {
    scope
      .at("via")
      .error(`next hop ${text} is ${table.namespace}'s own address (${own.name})`, "name the neighbour's address");
    return;
  }
  if (doc.onlink === true) {
    if (doc.dev === undefined)
      scope.at("onlink").keyError("onlink needs a device", "add dev: NAME, the device behind which the next hop is");
    return;
  }
  if (isIPv6LinkLocal(via) && doc.dev === undefined) {
    scope.at("via").error(`link-local next hop ${text} needs a device`, "add dev: NAME");
    return;
  }
  if (reachable(via, doc.dev, table, earlier)) return;
  const networks = table
    .all()
    .filter((d) => doc.dev === undefined || d.name === doc.dev)
    .flatMap((d) =>
      d.addresses.filter((a) => a.address.family === via.family).map((a) => `${d.name} ${formatPrefix(a.prefix)}`),
    );
  const behind = doc.dev === undefined ? table.namespace : `${table.namespace}/${doc.dev}`;
  scope
    .at("via")
    .dangling(
      `impossible route: next hop ${text} is in no network of ${behind}`,
      `${networks.length === 0 ? "there is none of its family" : `there are ${networks.join(", ")}`}; or add onlink: true and dev`,
    );
}

type HopDocument = NonNullable<RouteDocument["nexthops"]>[number];

/** One of several ways. `family`: the destination's; undefined for a default route. */
export function resolveHop(
  doc: HopDocument,
  route: RouteDocument,
  family: Family | undefined,
  table: DeviceTable,
  earlier: readonly LinkRoute[],
  scope: Scope,
): (NextHop & { readonly family?: Family | undefined }) | undefined {
  if (doc.via === undefined && doc.dev === undefined)
    scope.error("a next hop needs an address or a device", "add via: ADDRESS or dev: NAME");
  const via = doc.via === undefined ? undefined : readAddress(doc.via, scope.at("via"));
  const known = doc.dev === undefined || table.require(doc.dev, scope.at("dev"));
  if (via !== undefined && family !== undefined && via.family !== family) {
    scope
      .at("via")
      .error(
        `next hop ${formatAddress(via)} is of another family than ${route.to}`,
        "give each family a route of its own",
      );
    return undefined;
  }
  if (via !== undefined && known) checkNextHop({ dev: doc.dev, onlink: route.onlink }, via, table, earlier, scope);
  return {
    ...(via === undefined ? {} : { via: formatAddress(via), family: via.family }),
    ...(doc.dev === undefined ? {} : { dev: doc.dev }),
    weight: doc.weight ?? 1,
  };
}

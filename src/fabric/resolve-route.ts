/** Routes, policy rules, neighbour and forwarding entries of a raw namespace. */
import type { Family } from "../net/family.ts";
import type { RouteDocument, RuleDocument, TopologyNodeDocument } from "./schema.ts";
import { formatAddress, formatPrefix, networkOf, parseAddress, type Address, type Prefix } from "../net/address.ts";
import { readAddress, readPrefix } from "../syntax/address-field.ts";
import type { DeviceTable } from "./device-table.ts";
import { readMac } from "./resolve-device.ts";
import type { Scope } from "../syntax/scope.ts";
import { newFdb } from "./device.ts";
import { newNeighbour, newPolicyRule, newRoute } from "./specs.ts";
import { protocolName, protocolNumber } from "../net/route-protocol.ts";
import { checkNextHop, resolveHop, type LinkRoute } from "./resolve-next-hop.ts";
import type { Spec } from "./topology.ts";

const TABLES = { main: 254, local: 255, default: 253 } as const;
const FIRST_PRIORITY = 1000;

function tableNumber(table: RouteDocument["table"]): number {
  if (table === undefined) return TABLES.main;
  return typeof table === "number" ? table : TABLES[table];
}

function readDestination(text: string, scope: Scope): Prefix | "default" | undefined {
  if (text === "default") return "default";
  const bare = parseAddress(text);
  return bare === undefined ? readPrefix(text, scope) : networkOf(bare, bare.family === "ipv4" ? 32 : 128);
}

function routeFamilies(
  doc: RouteDocument,
  to: Prefix | "default",
  via: Address | undefined,
  src: Address | undefined,
  table: DeviceTable,
  lab: readonly Family[],
): readonly Family[] {
  if (to !== "default") return [to.family];
  if (via !== undefined) return [via.family];
  if (src !== undefined) return [src.family];
  const onDevice = new Set(table.get(doc.dev ?? "")?.addresses.map((a) => a.address.family));
  return onDevice.size === 0 ? lab : lab.filter((family) => onDevice.has(family));
}

function resolveRoute(
  doc: RouteDocument,
  table: DeviceTable,
  object: string,
  lab: readonly Family[],
  earlier: LinkRoute[],
  scope: Scope,
): readonly Spec<"route">[] {
  const to = readDestination(doc.to, scope.at("to"));
  const via = doc.via === undefined ? undefined : readAddress(doc.via, scope.at("via"));
  const src = doc.src === undefined ? undefined : readAddress(doc.src, scope.at("src"));
  const type = doc.type ?? "unicast";
  const device = doc.dev === undefined || table.require(doc.dev, scope.at("dev"));
  if (to === undefined) return [];
  const discards = type === "blackhole" || type === "unreachable" || type === "prohibit";
  if (discards) {
    for (const key of ["via", "dev", "nexthops", "onlink", "src", "scope"] as const) {
      if (doc[key] !== undefined)
        scope.at(key).keyError(`a ${type} route takes no ${key}`, "it discards packets; remove the key");
    }
  } else if (doc.nexthops !== undefined) {
    for (const key of ["via", "dev"] as const)
      if (doc[key] !== undefined)
        scope.at(key).keyError(`nexthops and ${key} exclude each other`, `give each of the nexthops its ${key}`);
  } else if (doc.via === undefined && doc.dev === undefined) {
    scope.error("a route needs a next hop or a device", "add via: ADDRESS or dev: NAME; or type: blackhole");
  }
  if (via !== undefined && to !== "default" && via.family !== to.family && !discards) {
    scope
      .at("via")
      .error(
        `next hop ${formatAddress(via)} is of another family than ${formatPrefix(to)}`,
        "give each family a next hop of its own",
      );
    return [];
  }
  if (via !== undefined && device && !discards) checkNextHop(doc, via, table, earlier, scope);
  if (src !== undefined && table.owner(src) === undefined) {
    scope
      .at("src")
      .dangling(
        `${formatAddress(src)} is not an address of ${table.namespace}`,
        "src is one of the namespace's own addresses",
      );
  }
  if (to !== "default" && via === undefined && doc.dev !== undefined) earlier.push({ prefix: to, dev: doc.dev });
  const prefixFamily = to === "default" ? undefined : to.family;
  const hops = doc.nexthops?.flatMap(
    (hop, i) => resolveHop(hop, doc, prefixFamily, table, earlier, scope.at("nexthops", i)) ?? [],
  );
  const hopFamily = hops?.find(({ family }) => family !== undefined)?.family;
  const families =
    to === "default" && hopFamily !== undefined ? [hopFamily] : routeFamilies(doc, to, via, src, table, lab);
  const nexthops = hops?.map(({ via: hop, dev, weight }) => ({ via: hop, dev, weight }));
  return families.map((family) =>
    newRoute({
      to: to === "default" ? (family === "ipv4" ? "0.0.0.0/0" : "::/0") : formatPrefix(to),
      family,
      type,
      ...(via === undefined ? {} : { via: formatAddress(via) }),
      ...(doc.dev === undefined ? {} : { dev: doc.dev }),
      ...(nexthops === undefined ? {} : { nexthops }),
      onlink: doc.onlink ?? false,
      ...(src === undefined ? {} : { src: formatAddress(src) }),
      table: tableNumber(doc.table),
      ...(doc.metric === undefined ? {} : { metric: doc.metric }),
      ...(doc.mtu === undefined ? {} : { mtu: doc.mtu }),
      ...(doc.scope === undefined ? {} : { scope: doc.scope }),
      ...(doc.protocol === undefined ? {} : { protocol: protocolName(protocolNumber(String(doc.protocol))) }),
      cause: scope.cause(object, `route to ${doc.to}`),
    }),
  );
}

export function resolveRoutes(
  docs: readonly RouteDocument[],
  table: DeviceTable,
  object: string,
  lab: readonly Family[],
  scope: Scope,
): readonly Spec<"route">[] {
  const earlier: LinkRoute[] = [];
  const seen = new Map<string, number>();
  return docs.flatMap((doc, i) => {
    const place = scope.at(i);
    const routes = resolveRoute(doc, table, object, lab, earlier, place);
    for (const route of routes) {
      const key = `${route.family} ${route.to} ${route.table} ${route.metric ?? "-"}`;
      const first = seen.get(key);
      if (first !== undefined)
        place.error(
          `duplicate route to ${route.to}`,
          `see line ${scope.at(first).source().line}; give them different metrics or tables, or remove one`,
        );
      else seen.set(key, i);
    }
    return routes;
  });
}

function readMark(value: RuleDocument["fwmark"], scope: Scope): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === "number" ? `0x${value.toString(16)}` : value.trim().toLowerCase();
  const parts = text.split("/");
  const fits = parts.every((part) => /^(0x[0-9a-f]{1,8}|\d{1,10})$/.test(part) && Number(part) <= 0xffffffff);
  if (parts.length > 2 || !fits) {
    scope.error(`"${text}" is not a mark`, "write 0x80, or 0x80/0x80 with a mask");
    return undefined;
  }
  return parts.map((part) => `0x${Number(part).toString(16)}`).join("/");
}

/** `ip rule` entries. Without a priority they are looked at in the file's order, from 1000 on. */
export function resolveRules(
  docs: readonly RuleDocument[],
  table: DeviceTable,
  object: string,
  lab: readonly Family[],
  scope: Scope,
): readonly Spec<"rule">[] {
  const taken = new Set(docs.map((doc) => doc.priority));
  let next = FIRST_PRIORITY;
  return docs.flatMap((doc, i) => {
    const place = scope.at(i);
    const ends = (["from", "to"] as const).map((key) => {
      const text = doc[key];
      return text === undefined || text === "all" ? undefined : readDestination(text, place.at(key));
    });
    const [from, to] = ends.map((end) => (end === "default" ? undefined : end));
    for (const key of ["iif", "oif"] as const) if (doc[key] !== undefined) table.require(doc[key], place.at(key));
    const fwmark = readMark(doc.fwmark, place.at("fwmark"));
    if (from !== undefined && to !== undefined && from.family !== to.family)
      place.at("to").error("from and to are of different families", "write one rule for each family");
    const asked = doc.family === undefined || doc.family === "both" ? undefined : doc.family;
    const family = from?.family ?? to?.family ?? asked;
    if (asked !== undefined && family !== asked)
      place.at("family").error(`the rule's addresses are ${family}`, "remove family, or change the addresses");
    while (taken.has(next)) next++;
    const priority = doc.priority ?? next++;
    return (family === undefined ? (doc.family === "both" ? (["ipv4", "ipv6"] as const) : lab) : [family]).map((one) =>
      newPolicyRule({
        family: one,
        priority,
        ...(from === undefined ? {} : { from: formatPrefix(from) }),
        ...(to === undefined ? {} : { to: formatPrefix(to) }),
        ...(doc.iif === undefined ? {} : { iif: doc.iif }),
        ...(doc.oif === undefined ? {} : { oif: doc.oif }),
        ...(fwmark === undefined ? {} : { fwmark }),
        table: tableNumber(doc.table),
        cause: place.cause(object, `rule for table ${doc.table}`),
      }),
    );
  });
}

export function resolveNeighbors(
  docs: NonNullable<TopologyNodeDocument["neighbors"]>,
  table: DeviceTable,
  object: string,
  scope: Scope,
): readonly Spec<"neigh">[] {
  const seen = new Set<string>();
  return docs.flatMap((doc, i) => {
    const place = scope.at(i);
    const address = readAddress(doc.to, place.at("to"));
    table.require(doc.dev, place.at("dev"));
    const mac = readMac(doc.mac, place.at("mac"));
    if (address === undefined) return [];
    const to = formatAddress(address);
    if (seen.has(`${to} ${doc.dev}`))
      place.error(`duplicate neighbour ${to} on ${doc.dev}`, "an address has one entry on a device");
    seen.add(`${to} ${doc.dev}`);
    return [newNeighbour({ address: to, mac, dev: doc.dev, cause: place.cause(object, `neighbour ${to}`) })];
  });
}

export function resolveFdb(
  docs: NonNullable<TopologyNodeDocument["fdb"]>,
  table: DeviceTable,
  object: string,
  scope: Scope,
): readonly Spec<"fdb">[] {
  const seen = new Set<string>();
  return docs.flatMap((doc, i) => {
    const place = scope.at(i);
    table.require(doc.dev, place.at("dev"));
    const device = table.get(doc.dev);
    const dst = doc.dst === undefined ? undefined : readAddress(doc.dst, place.at("dst"));
    const mac = readMac(doc.mac, place.at("mac"), { zero: dst !== undefined });
    if (doc.dst !== undefined && device !== undefined && device.kind !== "vxlan") {
      place
        .at("dst")
        .error(
          `"${doc.dev}" is a ${device.kind}; only a VXLAN's entry has a remote end`,
          "remove dst, or name the VXLAN device",
        );
    }
    if (doc.dst === undefined && device?.kind === "vxlan")
      place.error(`an entry of the VXLAN "${doc.dev}" needs its remote end`, "add dst: ADDRESS");
    const key = `${mac} ${doc.dev}${mac === "00:00:00:00:00:00" ? doc.dst : ""}`;
    if (seen.has(key)) place.error(`duplicate entry for ${mac} on ${doc.dev}`, "an address is behind one place");
    seen.add(key);
    const remote = dst === undefined ? {} : { dst: formatAddress(dst) };
    return [newFdb({ mac, dev: doc.dev, ...remote, cause: place.cause(object, `forwarding entry ${mac}`) })];
  });
}

/** Routes, policy rules, neighbour and forwarding entries of a raw namespace. */
import type { Family } from "../net/family.ts";
import type { RouteDocument, RuleDocument, TopologyNodeDocument } from "./schema.ts";
import {
  formatAddress,
  formatPrefix,
  isIPv6LinkLocal,
  networkOf,
  parseAddress,
  prefixContains,
} from "../net/address.ts";
import type { Address, Prefix } from "../net/address.ts";
import { readAddress, readPrefix } from "../syntax/address-field.ts";
import type { DeviceTable } from "./device-table.ts";
import { readMac } from "./resolve-device.ts";
import type { Scope } from "../syntax/scope.ts";
import { newFdb } from "./device.ts";
import { newNeighbour, newPolicyRule, newRoute } from "./specs.ts";
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

/** Is the next hop reachable without another next hop: by a device's network, or by a device route above. */
function reachable(
  via: Address,
  dev: string | undefined,
  table: DeviceTable,
  earlier: readonly { prefix: Prefix; dev: string }[],
): boolean {
  if (isIPv6LinkLocal(via) && dev !== undefined) return true;
  if (table.onLink(via, dev) !== undefined) return true;
  return earlier.some((route) => (dev === undefined || route.dev === dev) && prefixContains(route.prefix, via));
}

function checkNextHop(
  doc: RouteDocument,
  via: Address,
  table: DeviceTable,
  earlier: readonly { prefix: Prefix; dev: string }[],
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
  earlier: { prefix: Prefix; dev: string }[],
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
    for (const key of ["via", "dev", "onlink", "src", "scope"] as const) {
      if (doc[key] !== undefined)
        scope.at(key).keyError(`a ${type} route takes no ${key}`, "it discards packets; remove the key");
    }
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
  return routeFamilies(doc, to, via, src, table, lab).map((family) =>
    newRoute({
      to: to === "default" ? (family === "ipv4" ? "0.0.0.0/0" : "::/0") : formatPrefix(to),
      family,
      type,
      ...(via === undefined ? {} : { via: formatAddress(via) }),
      ...(doc.dev === undefined ? {} : { dev: doc.dev }),
      onlink: doc.onlink ?? false,
      ...(src === undefined ? {} : { src: formatAddress(src) }),
      table: tableNumber(doc.table),
      ...(doc.metric === undefined ? {} : { metric: doc.metric }),
      ...(doc.mtu === undefined ? {} : { mtu: doc.mtu }),
      ...(doc.scope === undefined ? {} : { scope: doc.scope }),
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
  const earlier: { prefix: Prefix; dev: string }[] = [];
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

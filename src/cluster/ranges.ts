/** Address ranges of a cluster: which families it has, defaults filled, nothing overlapping. */
import type { Family, PerFamily } from "../net/family.ts";
import type { NetworkPlugin } from "./cni/plugin.ts";
import type { ClusterDocument } from "./schema.ts";
import { ADDRESS_BITS, formatPrefix, parsePrefix, prefixesOverlap, type Prefix } from "../net/address.ts";
import { listEntries, readAddresses, readPrefixes } from "../syntax/address-field.ts";
import type { Scope } from "../syntax/scope.ts";

/** The defaults of lab and manifests. */
export const DEFAULT_RANGES = {
  nodeCIDR: { ipv4: "192.168.50.0/24", ipv6: "fd00:50::/64" },
  podCIDR: { ipv4: "10.244.0.0/16", ipv6: "fd00:10:244::/56" },
  serviceCIDR: { ipv4: "10.96.0.0/16", ipv6: "fd00:10:96::/112" },
  internet: { ipv4: "203.0.113.0/24", ipv6: "2001:db8:113::/64" },
} as const;
type RangeName = keyof typeof DEFAULT_RANGES;

export interface ClusterRanges extends Readonly<Record<RangeName, PerFamily<Prefix>>> {
  /** The first family of podCIDR first, as in Kubernetes. */
  readonly families: readonly Family[];
  /** Further underlay subnets, by the index of their node. */
  readonly own: ReadonlyMap<number, PerFamily<Prefix>>;
}

/** The smallest range that still holds a network, a router and one host. */
const LONGEST = { ipv4: 29, ipv6: 125 } as const satisfies Record<Family, number>;

function checkSize(prefixes: PerFamily<Prefix>, scope: Scope): void {
  for (const prefix of Object.values(prefixes)) {
    if (prefix.length > LONGEST[prefix.family]) {
      scope.error(`${formatPrefix(prefix)} is too small`, `give at least a /${LONGEST[prefix.family]}`);
    } else if (prefix.length < 4) {
      scope.error(`${formatPrefix(prefix)} is too large`, "choose a range of your own, not part of the internet");
    }
  }
}

/** Nodes of each cluster of a lab are in a subnet of their own: 192.168.50.0/24, 192.168.51.0/24 … */
export function defaultRange(name: RangeName, family: Family, index: number): string {
  const range = DEFAULT_RANGES[name][family];
  return name === "nodeCIDR" ? range.replace("50", String(50 + index)) : range;
}

/** Reads all ranges; a family is used when any field of the cluster names it. `index`: which of the lab's clusters it is. */
export function resolveRanges(
  doc: ClusterDocument,
  plugin: Pick<NetworkPlugin, "name" | "podRange">,
  scope: Scope,
  index = 0,
): ClusterRanges {
  const scopes: Record<RangeName, Scope> = {
    nodeCIDR: scope.at("nodeCIDR"),
    podCIDR: scope.at("podCIDR"),
    serviceCIDR: scope.at("serviceCIDR"),
    internet: scope.at("internet", "cidr"),
  };
  const given: Record<RangeName, PerFamily<Prefix>> = {
    nodeCIDR: readPrefixes(doc.nodeCIDR, scopes.nodeCIDR),
    podCIDR: readPrefixes(doc.podCIDR, scopes.podCIDR),
    serviceCIDR: readPrefixes(doc.serviceCIDR, scopes.serviceCIDR),
    internet: readPrefixes(doc.internet?.cidr, scopes.internet),
  };
  const own = new Map<number, PerFamily<Prefix>>();
  const used = new Set<Family>();
  for (const [i, node] of doc.nodes.entries()) {
    if (typeof node === "string") continue;
    const place = scope.at("nodes", i);
    const prefixes = readPrefixes(node.nodeCIDR, place.at("nodeCIDR"));
    checkSize(prefixes, place.at("nodeCIDR"));
    if (Object.keys(prefixes).length > 0) own.set(i, prefixes);
    for (const family of Object.keys(prefixes)) used.add(family as Family);
    for (const family of Object.keys(readAddresses(node.address, place.at("address").muted())))
      used.add(family as Family);
  }
  for (const name of ["nodeCIDR", "podCIDR", "serviceCIDR", "internet"] as const) {
    checkSize(given[name], scopes[name]);
    for (const family of Object.keys(given[name])) used.add(family as Family);
  }
  // Where pods have no range of their own, the Services' says what the cluster is.
  const orderedBy =
    plugin.podRange === undefined
      ? ([doc.podCIDR, scopes.podCIDR] as const)
      : ([doc.podCIDR ?? doc.serviceCIDR, scopes.serviceCIDR] as const);
  const [first] = listEntries(...orderedBy).map((entry) => parsePrefix(entry.text)?.family);
  const both: readonly Family[] = first === "ipv6" ? ["ipv6", "ipv4"] : ["ipv4", "ipv6"];
  const families = used.size === 0 ? (["ipv4"] as const) : both.filter((family) => used.has(family));
  const fill = (name: RangeName): PerFamily<Prefix> =>
    Object.fromEntries(
      families.map((family) => [family, given[name][family] ?? parsePrefix(defaultRange(name, family, index))]),
    );
  const ranges: ClusterRanges = {
    nodeCIDR: fill("nodeCIDR"),
    podCIDR: fill("podCIDR"),
    serviceCIDR: fill("serviceCIDR"),
    internet: fill("internet"),
    families,
    own,
  };
  if (plugin.podRange === undefined) {
    checkOverlaps(ranges, scopes, scope);
    return ranges;
  }
  if (doc.podCIDR !== undefined)
    scopes.podCIDR.warn(
      `podCIDR has no effect: pods of ${plugin.name} have addresses of their node's subnet`,
      "leave it out",
    );
  const subnets = [...(own.size < doc.nodes.length ? [ranges.nodeCIDR] : []), ...own.values()];
  const onUnderlay = { ...ranges, podCIDR: plugin.podRange(doc.cni ?? {}, subnets) };
  checkOverlaps(
    { ...onUnderlay, nodeCIDR: {}, own: new Map() },
    { ...scopes, podCIDR: scope.at("cni", "plugin") },
    scope,
  );
  return onUnderlay;
}

function checkOverlaps(ranges: ClusterRanges, scopes: Record<RangeName, Scope>, scope: Scope): void {
  const entries: { what: string; prefix: Prefix; place: Scope }[] = [];
  for (const name of ["nodeCIDR", "podCIDR", "serviceCIDR", "internet"] as const) {
    for (const prefix of Object.values(ranges[name]))
      entries.push({ what: name === "internet" ? "internet.cidr" : name, prefix, place: scopes[name] });
  }
  const subnets = new Set(Object.values(ranges.nodeCIDR).map(formatPrefix));
  for (const [i, prefixes] of ranges.own) {
    for (const prefix of Object.values(prefixes)) {
      const text = formatPrefix(prefix);
      if (subnets.has(text)) continue;
      subnets.add(text);
      entries.push({ what: `nodes[${i}].nodeCIDR`, prefix, place: scope.at("nodes", i, "nodeCIDR") });
    }
  }
  for (const [i, a] of entries.entries()) {
    for (const b of entries.slice(0, i)) {
      if (!prefixesOverlap(a.prefix, b.prefix)) continue;
      const bits = ADDRESS_BITS[a.prefix.family];
      a.place.error(
        `${a.what} ${formatPrefix(a.prefix)} overlaps ${b.what} ${formatPrefix(b.prefix)}`,
        `every address must have one meaning: choose ranges that do not overlap${bits === 32 ? ", for example 192.168.50.0/24, 10.244.0.0/16, 10.96.0.0/16" : ""}`,
      );
    }
  }
}

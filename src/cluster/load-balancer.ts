/** Addresses for Services of type LoadBalancer: which range they come from and which Service gets which. */
import { LoadBalancerPool, type LoadBalancerPools } from "../kube/service/load-balancer-pools.ts";
import type { ClusterDocument } from "./schema.ts";
import type { Family, PerFamily } from "../net/family.ts";
import { formatPrefix, parsePrefix, prefixContains, prefixSize, type Prefix } from "../net/address.ts";
import { readPrefixes } from "../syntax/address-field.ts";
import type { ClusterNode, UnderlaySwitch } from "../kube/node/cluster-node.ts";
import type { Scope } from "../syntax/scope.ts";

/**
 * The last 16 addresses of an IPv4 subnet; ::f0 to ::ff of an IPv6 subnet, which no node has: nodes have decimal digits. Further
 * clusters on the subnet have the 16 before.
 */
function defaultRange({ subnet, shared = 0 }: UnderlaySwitch, family: Family): Prefix | undefined {
  const prefix = parsePrefix(subnet[family] ?? "");
  if (prefix === undefined) return undefined;
  const size = prefixSize(prefix);
  const before = 16n * BigInt(shared);
  if (family === "ipv4")
    return size < 64n + before ? undefined : { family: "ipv4", value: prefix.value + size - 16n - before, length: 28 };
  return size < 256n || before > 0xf0n
    ? undefined
    : { family: "ipv6", value: prefix.value + 0xf0n - before, length: 124 };
}

/** The range of each family: as given, or a part of the first underlay subnet. */
export function resolveLoadBalancer(
  doc: ClusterDocument,
  families: readonly Family[],
  switches: readonly UnderlaySwitch[],
  scope: Scope,
): PerFamily<Prefix> {
  const place = scope.at("loadBalancer", "cidr");
  const given = readPrefixes(doc.loadBalancer?.cidr, place);
  const result: Partial<Record<Family, Prefix>> = {};
  for (const family of families) {
    const range = given[family];
    const subnets = switches.flatMap((one) =>
      one.subnet[family] === undefined ? [] : (parsePrefix(one.subnet[family]) ?? []),
    );
    if (range === undefined) {
      const [first] = switches;
      const found = doc.loadBalancer === undefined && first !== undefined ? defaultRange(first, family) : undefined;
      if (found !== undefined) result[family] = found;
      continue;
    }
    result[family] = range;
    // A router that learns addresses finds them anywhere.
    if (doc.router?.bgp !== undefined) continue;
    if (!subnets.some((subnet) => prefixContains(subnet, range) && range.length >= subnet.length)) {
      place.error(
        `${formatPrefix(range)} is in no node subnet`,
        `nodes announce these addresses on their underlay: take a part of ${subnets.map(formatPrefix).join(" or ")}, or let the router learn them by BGP`,
      );
    }
  }
  for (const [family, range] of Object.entries(given)) {
    if (!families.includes(family as Family))
      place.error(
        `${formatPrefix(range)} is of a family that the cluster does not have`,
        "give podCIDR and nodeCIDR in that family too",
      );
  }
  return result;
}

export function loadBalancerPools(
  ranges: PerFamily<Prefix>,
  nodes: readonly ClusterNode[],
  switches: readonly UnderlaySwitch[],
): LoadBalancerPools {
  const taken = [
    ...nodes.flatMap((node) => Object.values(node.address).map((address) => ({ address, who: node.name }))),
    ...switches.flatMap((one) => Object.values(one.gateway).map((address) => ({ address, who: "the router" }))),
  ];
  return Object.fromEntries(
    Object.entries(ranges).map(([family, range]) => [family, new LoadBalancerPool(range, taken)]),
  );
}

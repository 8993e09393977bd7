/** Addresses for Services of type LoadBalancer: which range they come from and which Service gets which. */
import { LoadBalancerPool, type LoadBalancerPools } from "../kube/service/load-balancer-pools.ts";
import { RangeAddresses, type LoadBalancerAddresses } from "../kube/service/load-balancer-addresses.ts";
import { prefixesOf } from "../kube/metallb/metallb-objects.ts";
import type { NamespaceModel } from "../kube/namespace/namespace-model.ts";
import type { ServiceInput } from "../kube/service/service-allocation.ts";
import type { RunningCluster } from "../kube/workload/running-lab.ts";
import { namespacedName } from "../net/object-ref.ts";
import type { Workloads } from "../kube/workload/workload.ts";
import { modelPrefix, perFamily } from "../net/families.ts";
import type { NetworkPlugin } from "./cni/plugin.ts";
import { MetallbAddresses } from "./metallb/addresses.ts";
import type { MetallbModel } from "./metallb/model.ts";
import { hasMetallb, resolveMetallb } from "./metallb/resolve.ts";
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
function resolveRanges(
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
      const found =
        doc.loadBalancer?.cidr === undefined && first !== undefined ? defaultRange(first, family) : undefined;
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

function rangePools(
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

/** Addresses that Services have in the running lab, by `NAMESPACE/NAME`. */
export function heldAddresses(running: RunningCluster | undefined): ReadonlyMap<string, readonly string[]> {
  const services = running?.cluster?.services ?? [];
  return new Map(services.map((one) => [namespacedName(one), one.loadBalancerIPs.map(({ ip }) => ip)]));
}

/** MetalLB, where there are manifests of it. */
export function clusterMetallb(
  doc: ClusterDocument,
  { metallb, configs }: Pick<Workloads, "metallb" | "configs">,
  nodes: readonly ClusterNode[],
  plugin: NetworkPlugin,
  scope: Scope,
): MetallbModel | undefined {
  const place = scope.at("loadBalancer");
  const asked = doc.loadBalancer?.bgp?.daemon;
  if (!hasMetallb(metallb)) {
    if (asked !== undefined)
      place
        .at("bgp")
        .warn("loadBalancer.bgp has no effect: there are no manifests of MetalLB", "add BGPPeer and BGPAdvertisement");
    return undefined;
  }
  if (doc.loadBalancer?.cidr !== undefined)
    place
      .at("cidr")
      .error(
        "with manifests of MetalLB, addresses come from IPAddressPools, and not from loadBalancer.cidr",
        "remove one of the two",
      );
  const names = metallb.peers.length === 0 ? [] : (plugin.daemons?.(doc.cni ?? {}) ?? []);
  const daemon = asked ?? (names.includes("bird") ? "bird" : "computed");
  return resolveMetallb(metallb, { nodes, configs, daemon }, scope);
}

export interface BalancerAddresses {
  readonly addresses: LoadBalancerAddresses;
  readonly ranges: readonly Prefix[];
}

interface BalancerFacts {
  readonly families: readonly Family[];
  readonly nodes: readonly ClusterNode[];
  readonly switches: readonly UnderlaySwitch[];
  readonly namespaces: readonly NamespaceModel[];
}

/** Where Services get their addresses: MetalLB's pools, or a range. */
export function balancerAddresses(
  doc: ClusterDocument,
  metallb: MetallbModel | undefined,
  { families, nodes, switches, namespaces }: BalancerFacts,
  scope: Scope,
): BalancerAddresses {
  if (metallb !== undefined)
    return {
      addresses: new MetallbAddresses(metallb.pools, namespaces),
      ranges: metallb.pools.flatMap(prefixesOf).map(modelPrefix),
    };
  const ranges = resolveRanges(doc, families, switches, scope);
  return {
    addresses: new RangeAddresses(rangePools(ranges, nodes, switches)),
    ranges: perFamily(ranges).map(([, range]) => range),
  };
}

/** `default/web`, with its place. */
export const namedServices = (inputs: readonly ServiceInput[]) =>
  inputs.map(({ object: { metadata }, scope }) => ({
    who: `${metadata.namespace ?? "default"}/${metadata.name}`,
    scope,
  }));

/** Which clusters can be joined in one lab: by its router, or on one switch. */
import type { ClusterModel } from "../cluster/cluster.ts";
import { labNodes, labSwitches, ownSwitches } from "../cluster/lab-clusters.ts";
import { formatPrefix, parseAddress, parsePrefix, prefixContains, prefixesOverlap } from "../net/address.ts";
import type { Prefix } from "../net/address.ts";
import { perFamily } from "../net/families.ts";
import type { Scope } from "../syntax/scope.ts";

interface RoutedRange {
  readonly cluster: string;
  readonly what: string;
  readonly prefix: Prefix;
  readonly place: Scope;
}

/** What the lab's router has routes to. */
function routedRanges(cluster: ClusterModel, place: Scope): readonly RoutedRange[] {
  const range = (what: string, text: string): RoutedRange[] => {
    const prefix = parsePrefix(text);
    return prefix === undefined ? [] : [{ cluster: cluster.name, what, prefix, place: place.at(what) }];
  };
  return [
    ...ownSwitches(cluster).flatMap(({ subnet }) => perFamily(subnet).flatMap(([, text]) => range("nodeCIDR", text))),
    ...(cluster.flat === true ? perFamily(cluster.podCIDR).flatMap(([, text]) => range("podCIDR", text)) : []),
  ];
}

/**
 * Ranges that the router leads to must differ; all others may overlap, and are then not reached from other clusters. `places`: of
 * each cluster.
 */
export function checkJoined(clusters: readonly ClusterModel[], places: readonly Scope[], scope: Scope): void {
  const at = (i: number): Scope => places[i] ?? scope;
  const ranges = clusters.flatMap((cluster, i) => routedRanges(cluster, at(i)));
  for (const [i, a] of ranges.entries()) {
    const b = ranges.slice(0, i).find((one) => one.cluster !== a.cluster && prefixesOverlap(a.prefix, one.prefix));
    if (b !== undefined)
      a.place.error(
        `${a.what} ${formatPrefix(a.prefix)} of cluster ${a.cluster} overlaps ${b.what} ${formatPrefix(b.prefix)} of cluster ${b.cluster}`,
        a.what === "nodeCIDR" && b.what === "nodeCIDR"
          ? "give each cluster a range of its own; or exactly the same, which puts their nodes on one switch"
          : "the lab's router leads to both: give each cluster a range of its own",
      );
  }
  const internet = clusters.flatMap((cluster) => perFamily(cluster.internet.subnet).map(([, text]) => text));
  for (const { cluster, what, prefix, place } of ranges) {
    const taken = internet.find((text) => {
      const other = parsePrefix(text);
      return other !== undefined && prefixesOverlap(prefix, other);
    });
    if (taken !== undefined)
      place.error(
        `${what} ${formatPrefix(prefix)} of cluster ${cluster} overlaps the internet's ${taken}`,
        "choose another range",
      );
  }
  for (const [i, cluster] of clusters.entries())
    for (const { name, shared } of cluster.switches)
      if (shared !== undefined)
        for (const other of clusters.slice(0, i))
          if (other.switches.some((one) => one.name === name)) checkNeighbours(cluster, other, at(i));
  const names = new Set<string>();
  for (const { name } of [...labNodes({ clusters }), ...labSwitches({ clusters })]) {
    if (names.has(name)) scope.error(`two clusters have a namespace "${name}"`, "give the node another name");
    names.add(name);
  }
}

/** Two clusters on one switch. `place`: of the cluster. */
function checkNeighbours(cluster: ClusterModel, other: ClusterModel, place: Scope): void {
  if (cluster.mtu !== other.mtu)
    place
      .at("mtu")
      .error(
        `mtu ${cluster.mtu} of cluster ${cluster.name}, but ${other.mtu} of cluster ${other.name} on the same switch`,
        "all that is on one switch has the same MTU",
      );
  for (const [a, b] of [
    [cluster, other],
    [other, cluster],
  ] as const)
    for (const text of a.loadBalancer.ranges) {
      const range = parsePrefix(text);
      const node = b.nodes.find(({ address }) => Object.values(address).some((one) => isWithin(range, one)));
      if (node !== undefined)
        place
          .at("loadBalancer", "cidr")
          .error(
            `${text}, for load balancers of cluster ${a.name}, has the address of ${node.name}, which is on the same switch`,
            "give the cluster loadBalancer: { cidr: … } with another part of nodeCIDR",
          );
    }
  for (const text of cluster.loadBalancer.ranges) {
    const own = parsePrefix(text);
    const theirs = other.loadBalancer.ranges.find((one) => {
      const range = parsePrefix(one);
      return own !== undefined && range !== undefined && prefixesOverlap(own, range);
    });
    if (theirs !== undefined)
      place
        .at("loadBalancer", "cidr")
        .error(
          `${text} of cluster ${cluster.name} overlaps ${theirs} of cluster ${other.name}, and both announce their addresses on one switch`,
          "give the cluster loadBalancer: { cidr: … } with another part of nodeCIDR",
        );
  }
}

function isWithin(range: Prefix | undefined, text: string | undefined): boolean {
  const address = parseAddress(text ?? "");
  return range !== undefined && address !== undefined && prefixContains(range, address);
}

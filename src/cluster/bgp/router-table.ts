/** The BGP of a cluster with all of its speakers, and where the lab's router sends packets by what it has learned. */
import { parseAddress, parsePrefix, prefixContains } from "../../net/address.ts";
import type { Family } from "../../net/family.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import { networkPlugin } from "../cni/registry.ts";
import type { ClusterModel } from "../cluster.ts";
import { clusterBgp, type ClusterBgp } from "./cluster-bgp.ts";
import { ROUTER } from "./routers.ts";

export const wholeBgp = (cluster: ClusterModel): ClusterBgp =>
  clusterBgp(cluster, (one) => networkPlugin(one).speakers?.(one) ?? []);

/** The nodes to which the router sends what is for this address, in its order; several: any of them. */
export function learnedNodes(cluster: ClusterModel, to: string, family: Family): readonly ClusterNode[] {
  const address = parseAddress(to);
  if (cluster.routerBgp === undefined || address === undefined) return [];
  const [longest] = [...(wholeBgp(cluster).tables.get(ROUTER) ?? [])]
    .flatMap(([text, entry]) => {
      const prefix = parsePrefix(text);
      return prefix !== undefined && prefixContains(prefix, address) ? [{ length: prefix.length, entry }] : [];
    })
    .toSorted((a, b) => b.length - a.length);
  const hops = longest?.entry.used.map(({ nextHop }) => nextHop) ?? [];
  return hops.flatMap((hop) => cluster.nodes.find((node) => node.address[family] === hop) ?? []);
}

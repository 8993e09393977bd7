/** Nodes whose uplink has another MTU than the cluster's: what their pods may send follows from it. */
import type { Family } from "../net/family.ts";
import type { Scope } from "../syntax/scope.ts";
import type { Topology } from "../fabric/topology.ts";
import type { ClusterModel } from "./cluster.ts";
import { checkIpv6Mtu, podMtu } from "./cni/pod-mtu.ts";
import { networkPlugin } from "./cni/registry.ts";

const UPLINK = "eth0";

/** `scope`: of `spec.topology`. */
export function withUplinks(
  cluster: ClusterModel,
  topology: Topology,
  families: readonly Family[],
  scope: Scope,
): ClusterModel {
  const own = new Map(
    topology.nodes.flatMap(({ name, settings }) => {
      const mtu = settings.find((device) => device.name === UPLINK)?.mtu;
      return mtu === undefined ? [] : [[name, mtu] as const];
    }),
  );
  if (own.size === 0) return cluster;
  const plugin = networkPlugin(cluster);
  const nodes = cluster.nodes.map((node) => {
    const asked = own.get(node.name);
    if (asked === undefined) return node;
    const mtu = Math.min(asked, cluster.wireMtu ?? asked);
    const place = scope.at("nodes", node.name, "interfaces", UPLINK, "mtu");
    checkIpv6Mtu(podMtu(plugin, cluster, { mtu }), mtu, families, place, `of ${node.name}`);
    return { ...node, mtu };
  });
  return { ...cluster, nodes };
}

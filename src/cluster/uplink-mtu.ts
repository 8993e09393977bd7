/** Nodes whose uplink has another MTU than the cluster's: what their pods may send follows from it, as flannel has it. */
import type { Family } from "../net/family.ts";
import type { ClusterModel, CniSpec } from "./cluster.ts";
import type { Scope } from "../syntax/scope.ts";
import type { Topology } from "../fabric/topology.ts";

const UPLINK = "eth0";
const IPV6_MTU = 1280;
/** The overlay's headers around a packet, with the outer IPv6 header where there is one. */
const OVERHEAD = { ipv4: 50, ipv6: 70 } as const satisfies Record<Family, number>;

function podMtu({ backend }: CniSpec, uplink: number): number {
  return backend === "vxlan" ? uplink - OVERHEAD.ipv6 : uplink;
}

/** `scope`: of `spec.topology`. */
export function withUplinks(
  cluster: ClusterModel,
  topology: Topology,
  families: readonly Family[],
  scope: Scope,
): ClusterModel {
  const own = new Map(
    topology.nodes.flatMap(({ name, interfaces }) => {
      const mtu = interfaces.find((device) => device.name === UPLINK)?.mtu;
      return mtu === undefined ? [] : [[name, mtu] as const];
    }),
  );
  if (own.size === 0) return cluster;
  const nodes = cluster.nodes.map((node) => {
    const mtu = own.get(node.name);
    if (mtu === undefined) return node;
    const pods = cluster.cni.mtu ?? podMtu(cluster.cni, mtu);
    if (families.includes("ipv6") && Math.min(pods, mtu) < IPV6_MTU)
      scope
        .at("nodes", node.name, "interfaces", UPLINK, "mtu")
        .error(`pod MTU ${pods} of ${node.name} is too small for IPv6`, "IPv6 needs at least 1280 (RFC 8200)");
    return { ...node, mtu };
  });
  return { ...cluster, nodes };
}

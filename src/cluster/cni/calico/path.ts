/** What Calico's network does to a packet between pods, nodes and the outside. */
import type { Family } from "../../../net/family.ts";
import type { ClusterModel } from "../../cluster.ts";
import { podMtu } from "../pod-mtu.ts";
import type { PathEnd, PodPath } from "../plugin.ts";
import { poolOf, tunnelAddress, tunnelTo, VXLAN_DEVICES } from "./encapsulation.ts";
import type { Tunnel } from "./encapsulation.ts";
import type { CalicoModel } from "./model.ts";
import { overhead } from "./overhead.ts";

type Cluster = ClusterModel<CalicoModel>;
type End = Exclude<PathEnd, "outside">;

/** A node speaks to pods behind a tunnel by the tunnel's address (cali-POSTROUTING), to others by its own. */
function nodeSource(cluster: Cluster, { node }: End, to: PathEnd, tunnel: Tunnel | undefined, family: Family): string {
  const own = node.address[family] ?? "";
  if (tunnel !== undefined) return tunnelAddress(cluster, node, tunnel.device) ?? own;
  // RFC 6724, rule 8: of its addresses the one that is most like the pod's, which is the tunnel's.
  const isOwnPod = to !== "outside" && to.pod !== undefined && to.node.name === node.name;
  return (isOwnPod && family === "ipv6" ? tunnelAddress(cluster, node, VXLAN_DEVICES.ipv6) : undefined) ?? own;
}

export function calicoPath(cluster: Cluster, from: End, to: PathEnd, family: Family): PodPath {
  const { cni } = cluster;
  const { node, pod } = from;
  const isHere = to !== "outside" && to.node.name === node.name;
  const address = to === "outside" ? undefined : to.pod?.address[family];
  const pool = address === undefined ? undefined : poolOf(cni, address);
  const tunnel = to === "outside" || pool === undefined || isHere ? undefined : tunnelTo(pool, node, to.node);
  const uplinks = [node, ...(to === "outside" ? [] : [to.node])].map((one) => one.mtu ?? cluster.mtu);
  const pods = [...(pod === undefined ? [] : [node]), ...(to !== "outside" && to.pod !== undefined ? [to.node] : [])];
  const mtu = Math.min(
    ...(isHere ? [] : uplinks.map((one) => one - (tunnel?.overhead ?? 0))),
    ...pods.map((one) => podMtu<CalicoModel>({ overhead }, cluster, one)),
  );
  const path = {
    mtu,
    ...(tunnel === undefined ? {} : { tunnel: { device: tunnel.device, overhead: tunnel.overhead } }),
  };
  if (pod === undefined) return { ...path, source: nodeSource(cluster, from, to, tunnel, family), masquerades: false };
  const own = pod.address[family] ?? "";
  // natOutgoing: from a pool that has it, to what is in no pool. What ends at the own node does not leave.
  const masquerades = pool === undefined && !isHere && poolOf(cni, own)?.natOutgoing === true;
  return { ...path, source: masquerades ? (node.address[family] ?? "") : own, masquerades };
}

/** What kindnet's network does to a packet between pods, nodes and the outside. */
import type { Family } from "../../../net/family.ts";
import { hostAddress } from "../../../net/families.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { KindnetModel } from "./model.ts";
import type { PathEnd, PodPath } from "../plugin.ts";

type Cluster = ClusterModel<KindnetModel>;
type End = Exclude<PathEnd, "outside">;

/** The node has the gateway's address on the devices of its own pods, and speaks to them by it. */
function nodeSource({ node }: End, to: PathEnd, family: Family): string {
  const own = node.address[family] ?? "";
  const range = node.podCIDR[family];
  const isOwnPod = to !== "outside" && to.pod !== undefined && to.node.name === node.name;
  return isOwnPod && range !== undefined ? hostAddress(range, 1n) : own;
}

export function kindnetPath(cluster: Cluster, from: End, to: PathEnd, family: Family): PodPath {
  const { node, pod } = from;
  const toPod = to !== "outside" && to.pod !== undefined;
  const isHere = to !== "outside" && to.node.name === node.name;
  const uplink = (one: typeof node): number => one.mtu ?? cluster.mtu;
  const mtu = Math.min(
    ...(isHere ? [] : [uplink(node), ...(to === "outside" ? [] : [uplink(to.node)])]),
    ...(pod === undefined ? [] : [cluster.cni.mtu ?? uplink(node)]),
    ...(toPod ? [cluster.cni.mtu ?? uplink(to.node)] : []),
  );
  if (pod === undefined) return { mtu, source: nodeSource(from, to, family), masquerades: false };
  const masquerades = !toPod && !isHere;
  return { mtu, source: (masquerades ? node.address : pod.address)[family] ?? "", masquerades };
}

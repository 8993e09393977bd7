/** What Flannel's network does to a packet between pods, nodes and the outside. */
import type { Family } from "../../../net/family.ts";
import { hostAddress, networkAddress } from "../../../net/families.ts";
import type { ClusterModel } from "../../cluster.ts";
import { podMtu } from "../pod-mtu.ts";
import type { PathEnd, PodPath } from "../plugin.ts";
import type { FlannelBackend } from "./backend.ts";
import type { FlannelModel } from "./model.ts";

type Cluster = ClusterModel<FlannelModel>;
type End = Exclude<PathEnd, "outside">;

/** A node sends to its own pods from the bridge, and to others' from the tunnel device, except where plain routes lead there. */
function nodeSource({ node }: End, to: PathEnd, tunnel: string | undefined, family: Family): string {
  const own = node.address[family] ?? "";
  const range = node.podCIDR[family];
  if (to === "outside" || to.pod === undefined || range === undefined) return own;
  return to.node.name === node.name ? hostAddress(range, 1n) : tunnel === undefined ? own : networkAddress(range);
}

export function flannelPath(
  backend: FlannelBackend,
  cluster: Cluster,
  from: End,
  to: PathEnd,
  family: Family,
): PodPath {
  const { node, pod } = from;
  const toPod = to !== "outside" && to.pod !== undefined;
  const isHere = to !== "outside" && to.node.name === node.name;
  const device = toPod && !isHere ? backend.tunnel(cluster, node, to.node, family) : undefined;
  const overhead = backend.overhead[family];
  const uplinks = [node, ...(to === "outside" ? [] : [to.node])].map((one) => one.mtu ?? cluster.mtu);
  const pods = [...(pod === undefined ? [] : [node]), ...(toPod ? [to.node] : [])];
  const mtu = Math.min(
    ...(isHere ? [] : uplinks.map((one) => (device === undefined ? one : one - overhead))),
    ...pods.map((one) => podMtu({ overhead: () => overhead }, cluster, one)),
  );
  const path = { mtu, ...(device === undefined ? {} : { tunnel: { device, overhead } }) };
  if (pod === undefined) return { ...path, source: nodeSource(from, to, device, family), masquerades: false };
  const masquerades = cluster.cni.ipMasq && !toPod && !isHere;
  const source = (masquerades ? node.address[family] : pod.address[family]) ?? "";
  return { ...path, source, masquerades };
}

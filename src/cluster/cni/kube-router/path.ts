/** What kube-router's network does to a packet between pods, nodes and the outside. */
import type { Family } from "../../../net/family.ts";
import { hostAddress } from "../../../net/families.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { PathEnd, PodPath } from "../plugin.ts";
import type { KubeRouterModel } from "./model.ts";
import { tunnelTo } from "./overlay.ts";

type Cluster = ClusterModel<KubeRouterModel>;
type End = Exclude<PathEnd, "outside">;

/** To its own pods a node speaks from the bridge; to others' from its own address, which the routes say. */
function nodeSource({ node }: End, to: PathEnd, family: Family): string {
  const range = node.podCIDR[family];
  const isOwnPod = to !== "outside" && to.pod !== undefined && to.node.name === node.name;
  return (isOwnPod && range !== undefined ? hostAddress(range, 1n) : node.address[family]) ?? "";
}

export function kubeRouterPath(cluster: Cluster, from: End, to: PathEnd, family: Family): PodPath {
  const { node, pod } = from;
  const toPod = to !== "outside" && to.pod !== undefined;
  const isHere = to !== "outside" && to.node.name === node.name;
  // Table 77 leads pods' packets to a node itself into the tunnel, too.
  const tunnelled = to !== "outside" && !isHere && (toPod || pod !== undefined);
  const tunnel = tunnelled ? tunnelTo(cluster, node, to.node.address[family] ?? "") : undefined;
  const uplinks = [node, ...(to === "outside" ? [] : [to.node])].map((one) => one.mtu ?? cluster.mtu);
  const pods = [...(pod === undefined ? [] : [node]), ...(toPod ? [to.node] : [])];
  const mtu = Math.min(
    ...(isHere ? [] : uplinks.map((one) => one - (tunnel?.overhead ?? 0))),
    ...pods.map((one) => cluster.cni.mtu ?? one.mtu ?? cluster.mtu),
  );
  const path = { mtu, ...(tunnel === undefined ? {} : { tunnel }) };
  if (pod === undefined) return { ...path, source: nodeSource(from, to, family), masquerades: false };
  const masquerades = cluster.cni.podEgress && to === "outside";
  return { ...path, source: (masquerades ? node.address : pod.address)[family] ?? "", masquerades };
}

/** What a VPC does to a packet between pods, nodes and the outside. */
import type { Family } from "../../../net/family.ts";
import type { ClusterModel } from "../../cluster.ts";
import { podMtu } from "../pod-mtu.ts";
import type { PathEnd, PodPath } from "../plugin.ts";
import { hasEgress } from "./egress.ts";
import type { VpcModel } from "./model.ts";

type Cluster = ClusterModel<VpcModel>;
type End = Exclude<PathEnd, "outside">;

export function vpcPath(cluster: Cluster, from: End, to: PathEnd, family: Family): PodPath {
  const { cni, internet } = cluster;
  const { node, pod } = from;
  const isHere = to !== "outside" && to.node.name === node.name;
  const uplinks = [node, ...(to === "outside" ? [] : [to.node])].map((one) => one.mtu ?? cluster.mtu);
  const pods = [...(pod === undefined ? [] : [node]), ...(to !== "outside" && to.pod !== undefined ? [to.node] : [])];
  const mtu = Math.min(
    ...(isHere ? [] : uplinks),
    ...pods.map((one) => podMtu<VpcModel>({ overhead: () => 0 }, cluster, one)),
  );
  if (pod === undefined) return { mtu, source: node.address[family] ?? "", masquerades: false };
  const own = pod.address[family] ?? "";
  if (to === "outside" && family === "ipv4" && hasEgress(cluster, node))
    return { mtu, source: node.address.ipv4 ?? "", masquerades: true };
  if (to !== "outside" || family === "ipv6") return { mtu, source: own, masquerades: false };
  if (!cni.env.externalSNAT) return { mtu, source: node.address.ipv4 ?? "", masquerades: true };
  // Without a NAT gateway such packets do not get out.
  return cni.gateway === "nat"
    ? { mtu, source: internet.router.ipv4 ?? "", masquerades: true }
    : { mtu, source: own, masquerades: false };
}

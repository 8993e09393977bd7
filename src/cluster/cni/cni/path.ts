/** What happens to a packet between two ends, by what the list's reference plugins are known to do. */
import type { Family } from "../../../net/family.ts";
import { hostAddress } from "../../../net/families.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { PathEnd, PodPath } from "../plugin.ts";
import type { CniProtocolModel } from "./model.ts";

type Cluster = ClusterModel<CniProtocolModel>;
type End = Exclude<PathEnd, "outside">;

function nodeSource({ node }: End, to: PathEnd, family: Family, gateway: boolean): string {
  const range = node.podCIDR[family];
  const isOwnPod = to !== "outside" && to.pod !== undefined && to.node.name === node.name;
  return gateway && isOwnPod && range !== undefined ? hostAddress(range, 1n) : (node.address[family] ?? "");
}

export function cniPath({ cni, mtu: underlay }: Cluster, from: End, to: PathEnd, family: Family): PodPath {
  const { node, pod } = from;
  const { gateway, masquerades } = cni.traits;
  const isHere = to !== "outside" && to.node.name === node.name;
  const uplink = (one: typeof node): number => one.mtu ?? underlay;
  const ofPod = (end: PathEnd): readonly number[] =>
    end !== "outside" && end.pod !== undefined ? [cni.mtu ?? uplink(end.node)] : [];
  const ways = isHere ? [] : [uplink(node), ...(to === "outside" ? [] : [uplink(to.node)])];
  const mtu = Math.min(...ways, ...ofPod(from), ...ofPod(to), uplink(node));
  if (pod === undefined) return { mtu, source: nodeSource(from, to, family, gateway), masquerades: false };
  const hidden = masquerades && !isHere;
  return { mtu, source: (hidden ? node.address : pod.address)[family] ?? "", masquerades: hidden };
}

/** The MTU of pods: what the uplink's leaves of a packet after the network plugin's overhead. Bytes. */
import type { Family } from "../../net/family.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { ClusterModel } from "../cluster.ts";
import type { CniDocument, CniModel, NetworkPlugin } from "./plugin.ts";
import { IPV6_MIN_MTU } from "../../net/mtu.ts";

/** MTU of a node's pods, in bytes: as requested, or what is left of the uplink's in the family with the most overhead. */
export function podMtu<M extends CniModel>(
  plugin: Pick<NetworkPlugin<CniDocument, M>, "overhead">,
  cluster: Pick<ClusterModel<M>, "cni" | "mtu" | "podCIDR">,
  node: Pick<ClusterNode, "mtu">,
): number {
  return cluster.cni.mtu ?? roomFor(plugin, cluster.cni, familiesOf(cluster), node.mtu ?? cluster.mtu);
}

function familiesOf({ podCIDR }: Pick<ClusterModel, "podCIDR">): readonly Family[] {
  return (["ipv4", "ipv6"] as const).filter((family) => podCIDR[family] !== undefined);
}

/** The largest pod packet that an uplink of this MTU carries. */
export function roomFor<M extends CniModel>(
  plugin: Pick<NetworkPlugin<CniDocument, M>, "overhead">,
  cni: M,
  families: readonly Family[],
  uplink: number,
): number {
  return uplink - Math.max(0, ...families.map((family) => plugin.overhead(cni, family)));
}

/** `whose`: `of node1`, where it belongs to one node. */
export function checkIpv6Mtu(
  pods: number,
  uplink: number,
  families: readonly Family[],
  scope: Scope,
  whose = "",
): void {
  if (families.includes("ipv6") && Math.min(pods, uplink) < IPV6_MIN_MTU)
    scope.error(
      `pod MTU ${pods}${whose === "" ? "" : ` ${whose}`} is too small for IPv6`,
      `IPv6 needs at least ${IPV6_MIN_MTU} (RFC 8200)`,
    );
}

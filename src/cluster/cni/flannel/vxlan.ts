/**
 * Flannel's vxlan backend: one VXLAN device per family, and per other node one route, one permanent neighbour entry and
 * one forwarding entry, so that nothing is ever learnt or flooded (flannel pkg/backend/vxlan/{vxlan,device,vxlan_network}.go).
 */
import type { ClusterModel } from "../../cluster.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { Family } from "../../../net/family.ts";
import { canonicalPrefix, HOST_LENGTH, networkAddress } from "../../../net/families.ts";
import { IPV6_MIN_MTU } from "../../../net/mtu.ts";
import { macFromName } from "../../../net/mac.ts";
import { VXLAN_OVERHEAD } from "../../../net/vxlan.ts";
import { because } from "../../../cause.ts";
import { newFdb } from "../../../fabric/device.ts";
import { newNeighbour, newRoute, newSysctl } from "../../../fabric/specs.ts";
import type { FlannelBackend } from "./backend.ts";
import type { FlannelModel } from "./model.ts";

/** `flannel.1`, `flannel-v6.1`. */
export function flannelDevice(vni: number, family: Family): string {
  return family === "ipv4" ? `flannel.${vni}` : `flannel-v6.${vni}`;
}

/** The VTEP's MAC on a node; the same on every run, so that a lab file can name it. */
export function vtepMac(node: string, family: Family): string {
  return family === "ipv4" ? macFromName(node) : macFromName(node, "v6");
}

/** The kernel limits a tunnel to what its uplink carries (drivers/net/vxlan/vxlan_core.c). */
function deviceMtu(cluster: ClusterModel<FlannelModel>, node: ClusterNode, family: Family): number {
  const room = (node.mtu ?? cluster.mtu) - VXLAN_OVERHEAD[family];
  return Math.min(cluster.cni.mtu ?? room, room);
}

/** `directRouting`: nodes of one underlay subnet need no tunnel. */
function isDirect({ cni }: ClusterModel<FlannelModel>, a: ClusterNode, b: ClusterNode, family: Family): boolean {
  return cni.directRouting && a.subnet[family] === b.subnet[family];
}

export const vxlan: FlannelBackend = {
  overhead: VXLAN_OVERHEAD,
  tunnel: (cluster, from, to, family) =>
    isDirect(cluster, from, to, family) ? undefined : flannelDevice(cluster.cni.vni, family),
  devices(cluster, node, draft, family) {
    const { cni } = cluster;
    const local = node.address[family];
    const podCIDR = node.podCIDR[family];
    if (local === undefined || podCIDR === undefined) return;
    draft.addVxlan({
      name: flannelDevice(cni.vni, family),
      vni: cni.vni,
      port: cni.port,
      local,
      dev: "eth0",
      learn: false,
      mac: vtepMac(node.name, family),
      mtu: deviceMtu(cluster, node, family),
      // A host address, so that no broadcast routes appear: only the source of what the node itself sends to pods.
      addresses: [
        {
          address: `${networkAddress(podCIDR)}/${HOST_LENGTH[family]}`,
          cause: because(cni.cause, `${node.name}'s own address in the overlay`),
        },
      ],
      cause: because(cni.cause, `flannel's VXLAN device on ${node.name}`),
    });
  },
  rules(cluster, node, draft, family) {
    const { cni } = cluster;
    if (node.address[family] === undefined || node.podCIDR[family] === undefined) return;
    const dev = flannelDevice(cni.vni, family);
    const why = (reason: string) => because(cni.cause, reason);
    // A smaller device has no IPv6, and no such setting: flannel continues without it (pkg/backend/vxlan/device.go).
    if (deviceMtu(cluster, node, family) >= IPV6_MIN_MTU)
      draft.add(
        newSysctl({
          key: `net/ipv6/conf/${dev}/accept_ra`,
          value: "0",
          cause: why("flannel takes no router advertisements from the overlay"),
        }),
      );
    for (const remote of cluster.nodes) {
      const remoteIP = remote.address[family];
      const remoteCIDR = remote.podCIDR[family];
      if (remote.name === node.name || remoteIP === undefined || remoteCIDR === undefined) continue;
      const to = canonicalPrefix(remoteCIDR);
      if (isDirect(cluster, node, remote, family)) {
        draft.add(
          newRoute({
            to,
            family,
            via: remoteIP,
            dev: "eth0",
            cause: why(`direct route to ${remote.name}'s pods: same underlay subnet`),
          }),
        );
        continue;
      }
      const via = networkAddress(remoteCIDR);
      const mac = vtepMac(remote.name, family);
      draft.add(newNeighbour({ address: via, mac, dev, cause: why(`MAC of ${remote.name}'s VTEP`) }));
      draft.add(newFdb({ mac, dev, dst: remoteIP, cause: why(`${remote.name}'s VTEP is behind ${remoteIP}`) }));
      draft.add(
        newRoute({ to, family, via, dev, onlink: true, cause: why(`${remote.name}'s pods through the overlay`) }),
      );
    }
  },
};

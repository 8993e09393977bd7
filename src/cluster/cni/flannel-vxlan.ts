/**
 * Flannel's vxlan backend: one VXLAN device per family, and per other node one route, one permanent neighbour entry and
 * one forwarding entry, so that nothing is ever learnt or flooded (flannel pkg/backend/vxlan/{vxlan,device,vxlan_network}.go).
 */
import { InputError } from "../../errors.ts";
import type { ClusterModel } from "../cluster.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { Family } from "../../net/family.ts";
import type { CniBackend } from "./registry.ts";
import { canonicalPrefix, FAMILIES, HOST_LENGTH, networkAddress } from "../../net/families.ts";
import { macFromName } from "../../net/mac.ts";
import { because } from "../../cause.ts";
import { newRoute, newVxlan } from "../../fabric/topology-draft.ts";
import type { NodeDraft } from "../../fabric/topology-node.ts";
import { addFlannelCommon } from "./flannel-common.ts";

/** Outer Ethernet 14 + UDP 8 + VXLAN 8 bytes, and the outer IP header: 20 or 40. */
const OVERHEAD = { ipv4: 50, ipv6: 70 } as const satisfies Record<Family, number>;
/** The smallest MTU with IPv6 (RFC 8200, section 5). */
const IPV6_MTU = 1280;
/** IFNAMSIZ less the terminating zero. */
const MAX_NAME = 15;

/** `flannel.1`, `flannel-v6.1`. */
export function flannelDevice(vni: number, family: Family): string {
  return family === "ipv4" ? `flannel.${vni}` : `flannel-v6.${vni}`;
}

/** The VTEP's MAC on a node; the same on every run, so that a lab file can name it. */
export function vtepMac(node: string, family: Family): string {
  return family === "ipv4" ? macFromName(node) : macFromName(node, "v6");
}

/** What fits into the node's own uplink: flannel asks the interface (pkg/backend/vxlan/vxlan.go). */
function uplinkMtu(cluster: ClusterModel, node: ClusterNode, family: Family): number {
  return (node.mtu ?? cluster.mtu) - OVERHEAD[family];
}

function deviceMtu(cluster: ClusterModel, node: ClusterNode, family: Family): number {
  return cluster.cni.mtu ?? uplinkMtu(cluster, node, family);
}

function compileFamily(cluster: ClusterModel, node: ClusterNode, draft: NodeDraft, family: Family): void {
  const { cni } = cluster;
  const local = node.address[family];
  const podCIDR = node.podCIDR[family];
  if (local === undefined || podCIDR === undefined) return;
  const dev = flannelDevice(cni.vni, family);
  if (dev.length > MAX_NAME)
    throw new InputError([
      {
        severity: "error",
        message: `flannel names its device ${dev}, and Linux allows at most ${MAX_NAME} characters`,
        source: cni.cause.source,
        hint: "choose a vni of at most four digits",
      },
    ]);
  // The kernel gives a tunnel no more than its uplink carries, whatever it is asked for (drivers/net/vxlan/vxlan_core.c).
  const mtu = Math.min(deviceMtu(cluster, node, family), uplinkMtu(cluster, node, family));
  const own = networkAddress(podCIDR);
  const why = (reason: string) => because(cni.cause, reason);
  draft.vxlans.push(
    newVxlan({
      name: dev,
      vni: cni.vni,
      port: cni.port,
      local,
      dev: "eth0",
      learn: false,
      mac: vtepMac(node.name, family),
      mtu,
      // A host address, so that no broadcast routes appear: only the source of what the node itself sends to pods.
      addresses: [
        { address: `${own}/${HOST_LENGTH[family]}`, cause: why(`${node.name}'s own address in the overlay`) },
      ],
      cause: why(`flannel's VXLAN device on ${node.name}`),
    }),
  );
  // A smaller device has no IPv6, and no such setting: flannel goes on without it (pkg/backend/vxlan/device.go).
  if (mtu >= IPV6_MTU)
    draft.sysctls.push({
      key: `net/ipv6/conf/${dev}/accept_ra`,
      value: "0",
      cause: why("flannel takes no router advertisements from the overlay"),
    });
  for (const remote of cluster.nodes) {
    const remoteIP = remote.address[family];
    const remoteCIDR = remote.podCIDR[family];
    if (remote.name === node.name || remoteIP === undefined || remoteCIDR === undefined) continue;
    const to = canonicalPrefix(remoteCIDR);
    if (cni.directRouting && remote.subnet[family] === node.subnet[family]) {
      draft.routes.push(
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
    draft.neighbors.push({ to: via, mac, dev, cause: why(`MAC of ${remote.name}'s VTEP`) });
    draft.fdb.push({ mac, dev, dst: remoteIP, cause: why(`${remote.name}'s VTEP is behind ${remoteIP}`) });
    draft.routes.push(
      newRoute({ to, family, via, dev, onlink: true, cause: why(`${remote.name}'s pods through the overlay`) }),
    );
  }
}

export const flannelVxlan: CniBackend = {
  podMtu: (cluster, node) =>
    Math.min(
      ...FAMILIES.filter((family) => cluster.podCIDR[family] !== undefined).map((family) =>
        deviceMtu(cluster, node, family),
      ),
    ),
  compileNode(cluster, node, draft) {
    for (const family of FAMILIES) compileFamily(cluster, node, draft, family);
    addFlannelCommon(cluster, node, draft, flannelVxlan.podMtu(cluster, node));
  },
};

/** Flannel: a part of the pod network per node, a bridge for its pods, and one of two backends between the nodes. */
import type { Family } from "../../../net/family.ts";
import { hostAddress, networkAddress, perFamily } from "../../../net/families.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import { bridgeAttachment } from "../bridge.ts";
import { nodeIpam } from "../node-parts.ts";
import { podMtu } from "../pod-mtu.ts";
import type { NetworkPlugin } from "../plugin.ts";
import { DEFAULT_SWITCHES } from "../../policy/switches.ts";
import { PORTMAP_MARK } from "../portmap.ts";
import type { FlannelBackend } from "./backend.ts";
import { hostGw } from "./host-gw.ts";
import { flannelSchema } from "./model.ts";
import type { FlannelModel } from "./model.ts";
import { flannelPath } from "./path.ts";
import { resolveFlannel } from "./resolve.ts";
import type { FlannelDocument } from "./resolve.ts";
import { addTrafficRules } from "./traffic-rules.ts";
import { vxlan } from "./vxlan.ts";

const BACKENDS: Readonly<Record<FlannelModel["backend"], FlannelBackend>> = { vxlan, "host-gw": hostGw };
const BRIDGE = "cni0";

type Cluster = ClusterModel<FlannelModel>;

function families(node: ClusterNode): readonly Family[] {
  return perFamily(node.podCIDR).map(([family]) => family);
}

export const flannel: NetworkPlugin<FlannelDocument, FlannelModel> = {
  name: "flannel",
  lesson:
    "Flannel gives each node a part of the pod network and joins the node's pods by the bridge cni0. Between nodes its backend decides: vxlan wraps packets in UDP (device flannel.1, with a route, a neighbour and a forwarding entry per node), host-gw routes them plainly to the other node's address.",
  schema: flannelSchema,
  plain: { plugin: "flannel", backend: "host-gw" },
  resolve: resolveFlannel,
  // The network address is flannel's, .1 the bridge's, pods have those from .2 on.
  ipam: nodeIpam({ firstPod: 2 }),
  claimMarks: (marks) => void marks.claim(PORTMAP_MARK),
  // A kernel without VXLAN refuses the device itself.
  requirements: () => [],
  switches: DEFAULT_SWITCHES,
  bridged: () => true,
  overhead: ({ backend }, family) => BACKENDS[backend].overhead[family],
  nodeDevices(cluster: Cluster, node, draft) {
    for (const family of families(node)) BACKENDS[cluster.cni.backend].devices?.(cluster, node, draft, family);
  },
  nodeRules(cluster: Cluster, node, draft) {
    for (const family of families(node)) BACKENDS[cluster.cni.backend].rules(cluster, node, draft, family);
    addTrafficRules(cluster, node, draft, podMtu(flannel, cluster, node));
  },
  attachment: (cluster: Cluster, node) =>
    bridgeAttachment(node, {
      bridge: BRIDGE,
      // As in flannel's conflist.
      network: "cbr0",
      mtu: podMtu(flannel, cluster, node),
      // Flannel's CNI plugin hands this route to the bridge plugin besides the default route.
      routes: Object.fromEntries(perFamily(cluster.podCIDR).map(([family, to]) => [family, [to]])),
      routeReason: "flannel's route to all pods",
      cause: cluster.cni.cause,
    }),
  // From cni0 and from its tunnel device.
  nodeAddresses: (_cluster, node) =>
    perFamily(node.podCIDR).flatMap(([, range]) => [hostAddress(range, 1n), networkAddress(range)]),
  path: (cluster: Cluster, from, to, family) => flannelPath(BACKENDS[cluster.cni.backend], cluster, from, to, family),
  tunnelPorts: ({ backend, port }) => (backend === "vxlan" ? [port] : []),
};

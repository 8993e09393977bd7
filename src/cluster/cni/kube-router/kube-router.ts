/** kube-router: a bridge and a part of the pod network per node, routes by BGP, tunnels between subnets, and policies in chains of its own. */
import type { Requirement } from "../../../resources/requirement.ts";
import { hostAddress, perFamily } from "../../../net/families.ts";
import type { ClusterModel } from "../../cluster.ts";
import { DEFAULT_SWITCHES } from "../../policy/switches.ts";
import { bridgeAttachment } from "../bridge.ts";
import { nodeIpam } from "../node-parts.ts";
import { podMtu } from "../pod-mtu.ts";
import type { NetworkPlugin } from "../plugin.ts";
import { PORTMAP_MARK } from "../portmap.ts";
import { routerSpeakers } from "./bgp/speakers.ts";
import { kubeRouterSchema } from "./model.ts";
import type { KubeRouterModel } from "./model.ts";
import { addFirewall } from "./netpol/firewall.ts";
import { NETPOL_MARKS } from "./netpol/marks.ts";
import { addConflist, addNodeRoutes, addTraffic, BRIDGE, NETWORK } from "./node-rules.ts";
import { addTunnelRules, addTunnels } from "./overlay.ts";
import { kubeRouterPath } from "./path.ts";
import { addReceivers } from "./proxy/direct.ts";
import { routerProxy } from "./proxy/mode.ts";
import { routerServices } from "./proxy/services.ts";
import { resolveKubeRouter } from "./resolve.ts";
import type { KubeRouterDocument } from "./resolve.ts";

type Cluster = ClusterModel<KubeRouterModel>;

function requirements({ tunnels, overlay }: KubeRouterModel): readonly Requirement[] {
  if (!tunnels || overlay === undefined) return [];
  const use =
    overlay.type === "full"
      ? "kube-router's tunnels to all nodes (overlayType subnet needs none within a subnet)"
      : "kube-router's tunnels between subnets";
  return [
    { use, feature: "ipip", module: "ipip" },
    ...(overlay.port === undefined ? [] : [{ use, feature: "fou", module: "fou" } as const]),
  ];
}

export const kubeRouter: NetworkPlugin<KubeRouterDocument, KubeRouterModel> = {
  name: "kube-router",
  lesson:
    "kube-router is one program per node that does three things: it announces the node's part of the pod network by BGP and writes what others announce as routes, it enforces policies by iptables and ipsets, and it can replace kube-proxy by IPVS. Pods are on the bridge kube-bridge, with addresses of host-local. Between nodes of one subnet packets travel as they are; to other subnets each node has a tunnel tun-… to each node there.",
  schema: kubeRouterSchema,
  plain: { plugin: "kube-router" },
  resolve: resolveKubeRouter,
  speakers: routerSpeakers,
  // host-local leaves out the network's address and the gateway.
  ipam: nodeIpam({ firstPod: 2 }),
  claimMarks(marks) {
    marks.claim(PORTMAP_MARK);
    for (const claim of NETPOL_MARKS) marks.claim(claim);
  },
  requirements,
  // What a node sends to its own pods is let in; what pods send to their own node passes KUBE-ROUTER-INPUT.
  switches: {
    ...DEFAULT_SWITCHES,
    nodeAlwaysAllowed: "ingress",
    denyAs: "reject",
    blocksShareExceptions: true,
    namedPorts: "numbers",
  },
  ignoresClusterPolicies: true,
  bridged: () => true,
  // With --auto-mtu pods have the MTU of the node's device, whatever the tunnels take: for longer packets ICMP reports the tunnel's.
  overhead: () => 0,
  serviceProxy: {
    mode: routerProxy,
    settings: ({ runServiceProxy, masqueradeAll = false, nodeportBindonAllIP }) =>
      runServiceProxy === true
        ? {
            masqueradeAll,
            localhostNodePorts: false,
            ...(nodeportBindonAllIP === true ? { nodePortAddresses: ["0.0.0.0/0", "::/0"] } : {}),
          }
        : undefined,
    services: routerServices,
  },
  nodeDevices: addTunnels,
  nodeRules(cluster: Cluster, node, draft) {
    addNodeRoutes(cluster, node, draft);
    addTunnelRules(cluster, node, draft);
    addTraffic(cluster, draft);
    addConflist(cluster, node, draft, podMtu(kubeRouter, cluster, node));
  },
  attachment(cluster: Cluster, node) {
    const { devices, rules } = bridgeAttachment(node, {
      bridge: BRIDGE,
      network: NETWORK,
      mtu: podMtu(kubeRouter, cluster, node),
      cause: cluster.cni.cause,
    });
    return {
      devices(ends, links) {
        devices(ends, links);
        addReceivers(cluster, ends);
      },
      rules,
    };
  },
  enforcePolicies(cluster: Cluster, nodes, world) {
    const isOwn = cluster.networkPolicy.backend === "iptables";
    for (const node of isOwn ? cluster.nodes : []) {
      const draft = nodes.get(node.name);
      if (draft !== undefined) addFirewall(cluster, node, draft, world);
    }
    return isOwn;
  },
  nodeAddresses: (_cluster, { podCIDR }) => perFamily(podCIDR).map(([, range]) => hostAddress(range, 1n)),
  path: kubeRouterPath,
  tunnelPorts: () => [],
};

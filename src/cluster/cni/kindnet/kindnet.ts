/** kindnet, the plugin that kind brings (kubernetes-sigs/kind fed2688, images/kindnetd): ptp and host-local on each node, plain routes between them. */
import { hostAddress, perFamily } from "../../../net/families.ts";
import type { ClusterModel } from "../../cluster.ts";
import { DEFAULT_SWITCHES } from "../../policy/switches.ts";
import { nodeIpam } from "../node-parts.ts";
import { podMtu } from "../pod-mtu.ts";
import type { NetworkPlugin } from "../plugin.ts";
import { PORTMAP_MARK } from "../portmap.ts";
import { ptpAttachment } from "../ptp.ts";
import { kindnetSchema } from "./model.ts";
import type { KindnetModel } from "./model.ts";
import { addConflist, addMasquerade, addNodeRoutes, NETWORK } from "./node-rules.ts";
import { kindnetPath } from "./path.ts";
import { resolveKindnet } from "./resolve.ts";
import type { KindnetDocument } from "./resolve.ts";

type Cluster = ClusterModel<KindnetModel>;

export const kindnet: NetworkPlugin<KindnetDocument, KindnetModel> = {
  name: "kindnet",
  lesson:
    "kindnet is what a cluster of kind has: each node has a part of the pod network, and no bridge. CNI's ptp gives each pod a veth of its own; the node has the gateway's address on all of them and a host route per pod. Between nodes there are plain routes, so all nodes share one subnet. The chain KIND-MASQ-AGENT gives what leaves the pod network the node's address.",
  schema: kindnetSchema,
  plain: { plugin: "kindnet" },
  resolve: resolveKindnet,
  // host-local leaves out the network's address and the gateway.
  ipam: nodeIpam({ firstPod: 2 }),
  claimMarks: (marks) => void marks.claim(PORTMAP_MARK),
  requirements: () => [{ use: "kindnet's masquerading", feature: "iptables addrtype", module: "xt_addrtype" }],
  // What pods send to their own node is judged since kube-network-policies b3e8382 (chain input); root's packets on the node never are.
  switches: { ...DEFAULT_SWITCHES, nodeAlwaysAllowed: "ingress" },
  policyBackend: () => "nftables",
  bridged: () => false,
  overhead: () => 0,
  nodeDevices() {},
  nodeRules(cluster: Cluster, node, draft) {
    addNodeRoutes(cluster, node, draft);
    addMasquerade(cluster, draft);
    addConflist(cluster, node, draft, podMtu(kindnet, cluster, node));
  },
  attachment: (cluster: Cluster, node) =>
    ptpAttachment(node, { network: NETWORK, mtu: podMtu(kindnet, cluster, node), cause: cluster.cni.cause }),
  // On the devices of its pods.
  nodeAddresses: (_cluster, { podCIDR }) => perFamily(podCIDR).map(([, range]) => hostAddress(range, 1n)),
  path: kindnetPath,
  tunnelPorts: () => [],
};

/** Registry of CNI backends: what the network's daemon writes on each node. A new backend is one file and one line here. */
import type { ClusterModel, CniSpec } from "../cluster.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import { flannelHostGw } from "./flannel-host-gw.ts";
import { flannelVxlan } from "./flannel-vxlan.ts";
import type { NodeDraft } from "../../fabric/topology-node.ts";

export interface CniBackend {
  /** MTU of the node's pods' interfaces and of cni0, in bytes. */
  podMtu(cluster: ClusterModel, node: ClusterNode): number;
  /** Adds the backend's devices, routes, neighbours, forwarding entries, rules and files to a node. Throws InputError. */
  compileNode(cluster: ClusterModel, node: ClusterNode, draft: NodeDraft): void;
}

export const CNI_BACKENDS = {
  vxlan: flannelVxlan,
  "host-gw": flannelHostGw,
} satisfies Record<CniSpec["backend"], CniBackend>;

/** How flannel's packets get from node to node. */
import type { Family } from "../../../net/family.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { FlannelModel } from "./model.ts";

export interface FlannelBackend {
  /** Bytes around a pod's packet. */
  readonly overhead: Readonly<Record<Family, number>>;
  /** The device whose tunnel leads from one node to another; undefined where plain routes do. */
  tunnel(cluster: ClusterModel<FlannelModel>, from: ClusterNode, to: ClusterNode, family: Family): string | undefined;
  devices?(cluster: ClusterModel<FlannelModel>, node: ClusterNode, draft: NodeDraft, family: Family): void;
  /** Routes to the other nodes' pods, and what they need. */
  rules(cluster: ClusterModel<FlannelModel>, node: ClusterNode, draft: NodeDraft, family: Family): void;
}

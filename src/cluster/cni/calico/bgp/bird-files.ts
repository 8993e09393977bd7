/** The files of BIRD on a node: Calico's own as confd writes them, and with a real BIRD the one that it reads. */
import { because } from "../../../../cause.ts";
import type { NodeDraft } from "../../../../fabric/node-draft.ts";
import type { ClusterNode } from "../../../../kube/node/cluster-node.ts";
import { addBird } from "../../../bgp/bird-text.ts";
import type { ClusterModel } from "../../../cluster.ts";
import type { CalicoModel } from "../model.ts";
import { programsPool } from "./bird-config.ts";
import { bird2Text } from "./bird2-text.ts";
import { confdFiles } from "./confd-text.ts";
import { birdConfigs, routesOfBird } from "./speakers.ts";

const FOLDER = "/etc/calico/confd/config";

/** Something depends on BGP: routes of pools, or a manifest, or the router. */
function needsBgp(cluster: ClusterModel<CalicoModel>): boolean {
  const { bgp, pools } = cluster.cni;
  if (bgp.daemon === "bird" || cluster.routerBgp !== undefined) return true;
  if (bgp.configurations.length + bgp.peers.length > 0) return true;
  return pools.some((pool) => programsPool(routesOfBird(cluster), pool));
}

export function addBirdFiles(cluster: ClusterModel<CalicoModel>, node: ClusterNode, draft: NodeDraft): void {
  if (!needsBgp(cluster)) return;
  const { cni } = cluster;
  const configs = birdConfigs(cluster, node);
  const cause = because(cni.cause, `BIRD on ${node.name}`);
  for (const config of configs)
    for (const [name, content] of Object.entries(confdFiles(config)))
      draft.add({
        kind: "file",
        path: `${FOLDER}/${name}`,
        content,
        cause: because(cause, "as confd writes it for Calico's BIRD 1.6"),
      });
  if (cni.bgp.daemon === "bird") addBird(draft, bird2Text(configs), cause);
}

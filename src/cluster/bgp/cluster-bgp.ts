/** BGP of one cluster: the speakers of its network plugin, those of MetalLB, and the lab's router where it speaks BGP. Computed once. */
import type { ClusterModel } from "../cluster.ts";
import type { CniModel } from "../cni/plugin.ts";
import { metallbSpeakers } from "../metallb/speakers.ts";
import { convergeBgp } from "./converge.ts";
import type { BgpResult, BgpSpeaker } from "./model.ts";
import { routerSpeakers } from "./routers.ts";

/** With the speakers that it was computed for. */
export interface ClusterBgp extends BgpResult {
  readonly speakers: readonly BgpSpeaker[];
}

const KNOWN = new WeakMap<object, ClusterBgp>();

/** `speakers`: of the cluster's plugin, always the same ones. */
export function clusterBgp<M extends CniModel>(
  cluster: ClusterModel<M>,
  speakers: (cluster: ClusterModel<M>) => readonly BgpSpeaker[],
): ClusterBgp {
  let result = KNOWN.get(cluster);
  if (result === undefined) {
    const nodes = [...speakers(cluster), ...metallbSpeakers(cluster)];
    const { routerBgp } = cluster;
    const all = [...nodes, ...(routerBgp === undefined ? [] : routerSpeakers(routerBgp, cluster, nodes))];
    result = { ...convergeBgp(all), speakers: all };
    KNOWN.set(cluster, result);
  }
  return result;
}

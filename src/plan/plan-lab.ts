/** The planner's front door: what a lab consists of, and what has to be done to get there. */
import type { Lab } from "../lab/lab.ts";
import { compileCluster } from "../cluster/compile/compile-cluster.ts";
import { mergeTopology } from "../fabric/merge-topology.ts";
import type { Resource } from "../resources/resource.ts";
import { topologyResources } from "../fabric/topology-resources.ts";

/** Every resource of a lab, unique by id, in a stable order. Throws InputError when the cluster cannot be built as asked. */
export function planResources(lab: Lab): readonly Resource[] {
  const topology = lab.cluster === undefined ? lab.topology : mergeTopology(compileCluster(lab.cluster), lab.topology);
  return topologyResources(topology);
}

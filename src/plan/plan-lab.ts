/** The planner's front door: what a lab consists of, and what has to be done to get there. */
import type { Lab } from "../model/lab.ts";
import { compileCluster } from "./compile-cluster.ts";
import { mergeTopology } from "./merge-topology.ts";
import type { Resource } from "./resource.ts";
import { topologyResources } from "./topology-resources.ts";

export { planChange, planOperations } from "./plan-operations.ts";

/** Every resource of a lab, unique by id, in a stable order. Throws InputError when the cluster cannot be built as asked. */
export function planResources(lab: Lab): readonly Resource[] {
  const topology = lab.cluster === undefined ? lab.topology : mergeTopology(compileCluster(lab.cluster), lab.topology);
  return topologyResources(topology);
}

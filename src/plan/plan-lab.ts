/** The planner's front door: what a lab consists of, and what has to be done to get there. */
import type { Lab } from "../lab/lab.ts";
import { LabNetwork } from "../cluster/compile/network.ts";
import type { Resource } from "../resources/resource.ts";
import { layTopology, topologyResources } from "../fabric/topology-resources.ts";

const PLANNED = new WeakMap<Lab, readonly Resource[]>();

/** Every resource of a lab, unique by id, in a stable order: computed once per lab. */
export function planResources(lab: Lab): readonly Resource[] {
  let resources = PLANNED.get(lab);
  if (resources === undefined) PLANNED.set(lab, (resources = resourcesOf(lab)));
  return resources;
}

function resourcesOf({ clusters, topology }: Lab): readonly Resource[] {
  if (clusters.length === 0) return topologyResources(topology);
  return topologyResources(layTopology(new LabNetwork(clusters).complete(), topology));
}

/** The planner's front door: what a lab consists of, and what has to be done to get there. */
import type { Lab } from "../lab/lab.ts";
import { withInjectedFaults } from "../faults/inject.ts";
import { perObject } from "../memo.ts";
import { LabNetwork } from "../cluster/compile/network.ts";
import type { Resource } from "../resources/resource.ts";
import { layTopology, topologyResources } from "../fabric/topology-resources.ts";

/** Every resource of a lab, unique by id, in a stable order: computed once per lab. */
export const planResources = perObject((lab: Lab): readonly Resource[] =>
  withInjectedFaults(planHealthy(lab), lab.injected ?? []),
);

/** The same without the faults that are active. */
export const planHealthy = perObject(({ clusters, topology }: Lab): readonly Resource[] => {
  if (clusters.length === 0) return topologyResources(topology);
  return topologyResources(layTopology(new LabNetwork(clusters).complete(), topology));
});

/** What Calico's objects name must be there: tiers, and nodes of host endpoints. */
import { BUILT_IN_TIERS } from "../kube/calico/calico-policy.ts";
import type { CalicoDrafts, CalicoObjects } from "../kube/calico/calico-policy.ts";
import type { ClusterNode } from "../kube/node/cluster-node.ts";
import { didYouMean } from "../syntax/nearest.ts";

export function checkCalicoReferences({ references, tiers }: CalicoDrafts, nodes: readonly ClusterNode[]): void {
  const known = {
    Tier: [...Object.keys(BUILT_IN_TIERS), ...tiers.map(({ name }) => name)],
    Node: nodes.map(({ name }) => name),
  };
  for (const { kind, name, scope } of references) {
    if (known[kind].includes(name)) continue;
    const near = didYouMean(name, known[kind], "there are");
    if (kind === "Tier") scope.dangling(`tiers.projectcalico.org "${name}" not found`, near);
    else scope.warn(`there is no node ${name}: the host endpoint has no effect`, near);
  }
}

/** Undefined: there are none. */
export function calicoObjects(drafts: CalicoDrafts): CalicoObjects | undefined {
  const { policies, tiers, networkSets, hostEndpoints } = drafts;
  const objects = { policies, tiers, networkSets, hostEndpoints };
  return Object.values(objects).some((list) => list.length > 0) ? objects : undefined;
}

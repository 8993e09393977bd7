/** Pods that no policy isolates, and manifests without pods. */
import { firstOf } from "../../counting.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import { OF_THE_CLUSTER } from "../../oracle/policy/connection-ends.ts";
import { isolatingPolicies } from "../../oracle/policy/policy-oracle.ts";
import { makers } from "../../oracle/policy-lint/elsewhere.ts";
import type { Direction } from "../../cluster/policy/tiers.ts";
import { policyWorld, type PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { namespacedName } from "../../net/object-ref.ts";

/** Names in a line at most. */
const NAMED = 12;

/** All pods are the cluster's own. */
export function isPodless({ pods }: ClusterModel): boolean {
  return pods.every(({ cause }) => cause.source?.file === OF_THE_CLUSTER);
}

export const PODLESS =
  "there are no pods in these manifests: what the policies select cannot be judged; add the workloads with another -f";

/** Policies for pods that an operator makes; undefined: there are none. */
export function absentText(world: PolicyWorld): string | undefined {
  const names = makers(world).map(({ kind, name, namespace, group }) =>
    namespace === undefined ? `the operator of ${group}` : `${kind} ${namespace}/${name}`,
  );
  if (names.length === 0) return undefined;
  return `selectors that seem to refer to pods of ${firstOf(names, NAMED)} cannot be judged: an operator makes these pods; add them with another -f: kubectl get pods -A -o yaml`;
}

function openGroups(cluster: ClusterModel, direction: Direction): readonly string[] {
  const world = policyWorld(cluster);
  const owners = new Map(cluster.pods.map((pod) => [namespacedName(pod), pod]));
  const names = world.pods.flatMap((pod) => {
    const model = owners.get(namespacedName(pod));
    if (pod.hostNetwork || model?.cause.source?.file === OF_THE_CLUSTER) return [];
    if (isolatingPolicies(world, pod, direction).length > 0) return [];
    return [`${pod.namespace}/${model?.owner?.name ?? pod.name}`];
  });
  return names;
}

/** `no policy isolates the ingress of shop/web, shop/db`: a line for each direction; undefined: there are no such pods, or no policies. */
export function isolationText(cluster: ClusterModel): string | undefined {
  if (cluster.policies.length === 0) return undefined;
  const lines = (["ingress", "egress"] as const).flatMap((direction) => {
    const names = openGroups(cluster, direction);
    if (names.length === 0) return [];
    return [`no policy isolates the ${direction} of ${firstOf(names, NAMED)}\n`];
  });
  return lines.length === 0 ? undefined : lines.join("");
}

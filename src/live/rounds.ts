/** A round of a lab's controllers: each cluster has its own, which see nothing but their cluster, in its names. */
import type { Condition } from "../services/watch/protocol.ts";
import { ownNodes, ownPods } from "../cluster/lab-names.ts";
import { liveOf, withLiveOf, type LiveState } from "../kube/workload/live-state.ts";
import { manifestsOf, type ManifestInput } from "../kube/manifest-input.ts";
import type { WorkloadSpec } from "../kube/workload/workload-kind.ts";
import { workloadSpecs } from "../kube/workload/workload-spec.ts";
import type { Lab } from "../lab/lab.ts";
import { clusterPrefix, DEFAULT_CLUSTER, splitCluster } from "../net/object-ref.ts";
import { isActedUpon, withConditions } from "./conditions.ts";
import { isStuck, pending, reconcile, type Round } from "./reconcile.ts";

/** The workloads of all clusters. */
export function labSpecs(manifests: readonly ManifestInput[], { clusters }: Pick<Lab, "clusters">): WorkloadSpec[] {
  return clusters.flatMap((cluster) => {
    const specs = workloadSpecs(manifestsOf(manifests, cluster.name), ownNodes(cluster));
    return clusterPrefix(cluster.name) === "" ? specs : specs.map((spec) => ({ ...spec, cluster: cluster.name }));
  });
}

export function specsOf(specs: readonly WorkloadSpec[], cluster: string): readonly WorkloadSpec[] {
  return specs.filter((spec) => (spec.cluster ?? DEFAULT_CLUSTER) === cluster);
}

interface LabRound {
  readonly lab: Pick<Lab, "clusters">;
  readonly specs: readonly WorkloadSpec[];
}

/** The lab's state with each cluster's changed; the very same object when none is. */
function eachCluster(
  { clusters }: Pick<Lab, "clusters">,
  live: LiveState,
  change: (own: LiveState, cluster: Lab["clusters"][number]) => LiveState,
): LiveState {
  return clusters.reduce(
    (now, cluster) => withLiveOf(now, cluster.name, change(liveOf(now, cluster.name), cluster)),
    live,
  );
}

/** The next state; the very same object when there is nothing to do. `drained`: keys of pods in the lab. */
export function reconcileLab(
  live: LiveState,
  { lab, specs, now, drained }: LabRound & Pick<Round, "now" | "drained">,
): LiveState {
  return eachCluster(lab, live, (own, cluster) => {
    const prefix = clusterPrefix(cluster.name);
    const gone = new Set([...drained].flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : [])));
    return reconcile(own, { specs: specsOf(specs, cluster.name), pods: ownPods(cluster), now, drained: gone });
  });
}

export function pendingLab(live: LiveState, { lab, specs }: LabRound): readonly string[] {
  return lab.clusters.flatMap((cluster) =>
    pending(liveOf(live, cluster.name), { specs: specsOf(specs, cluster.name), pods: ownPods(cluster) }, cluster.name),
  );
}

/** All that is missing in the clusters that are not done is pods that no node takes. */
export function isLabStuck(live: LiveState, { lab, specs }: LabRound): boolean {
  const unfinished = lab.clusters
    .map(
      (cluster) =>
        [liveOf(live, cluster.name), { specs: specsOf(specs, cluster.name), pods: ownPods(cluster) }] as const,
    )
    .filter(([own, round]) => pending(own, round).length > 0);
  return unfinished.length > 0 && unfinished.every(([own, round]) => isStuck(own, round));
}

/** What the agent has seen of a cluster's pods and nodes, by its own names. */
function conditionsOf(conditions: readonly Condition[], lab: Pick<Lab, "clusters">, name: string): Condition[] {
  return conditions.flatMap((one) => {
    const { cluster = DEFAULT_CLUSTER, text } = splitCluster(one.subject.name, lab.clusters);
    return cluster === name ? [{ ...one, subject: { ...one.subject, name: text } }] : [];
  });
}

export function withLabConditions(
  live: LiveState,
  conditions: readonly Condition[],
  lab: Pick<Lab, "clusters">,
): LiveState {
  return eachCluster(lab, live, (own, { name }) => withConditions(own, conditionsOf(conditions, lab, name)));
}

export function isLabActedUpon(live: LiveState, conditions: readonly Condition[], lab: Pick<Lab, "clusters">): boolean {
  return lab.clusters.every(({ name }) => isActedUpon(liveOf(live, name), conditionsOf(conditions, lab, name)));
}

/** Of all clusters, by the key of the pod in the lab: milliseconds since the epoch. */
export function labTerminating(live: LiveState): ReadonlyMap<string, number> {
  return new Map(
    clusterStates(live).flatMap(([prefix, own]) =>
      Object.entries(own.terminating).map(([key, since]) => [`${prefix}${key}`, since] as const),
    ),
  );
}

/** The lab's names of nodes without a link. */
export function labNodesDown(live: LiveState): readonly string[] {
  return clusterStates(live).flatMap(([prefix, own]) => own.nodesDown.map((node) => `${prefix}${node}`));
}

function clusterStates(live: LiveState): readonly (readonly [prefix: string, own: LiveState])[] {
  const others = Object.entries(live.clusters ?? {});
  return [["", live], ...others.map(([name, own]) => [clusterPrefix(name), own] as const)];
}

/**
 * What stays of a lab's live state when its files are applied again, as with `kubectl apply`: the file decides, what
 * it does not mention stays (a restart, readiness set by hand, labels that were added). The pods of workloads stay as well: what another number of replicas or another template makes of them, the controllers decide later.
 */
import type { PodModel } from "../kube/pod/pod-model.ts";
import type { ClusterNode } from "../kube/node/cluster-node.ts";
import { setsOf } from "../kube/workload/sets.ts";
import type { WorkloadSpec } from "../kube/workload/workload-kind.ts";
import { workloadSpecs } from "../kube/workload/workload-spec.ts";
import { canonicalJson } from "../kube/pod/pod-name.ts";
import { ownNodes, ownPods } from "../cluster/lab-names.ts";
import { liveOf, withLiveOf, type LiveSet, type LiveState, type LiveWorkload } from "../kube/workload/live-state.ts";
import { manifestsOf, type ManifestInput } from "../kube/manifest-input.ts";
import type { Lab } from "../lab/lab.ts";
import { namespacedName } from "../net/object-ref.ts";

/** The lab as it was before its files were applied again. */
export interface Before {
  /** From the files at that time. */
  readonly manifests: readonly ManifestInput[];
  readonly pods: readonly PodModel[];
  readonly nodes: readonly ClusterNode[];
}

/** Pods keep the template that they were made from, even where the file no longer has it. */
function keepTemplate(set: LiveSet, hash: string, before: WorkloadSpec, spec: WorkloadSpec): LiveSet {
  // Of a ReplicaSet, whose pods do not follow the template: new ones are of another.
  if (set.hash === "") {
    if (canonicalJson(before.template) === canonicalJson(spec.template)) return set;
    const older = [...(set.older ?? []), { before: set.next, template: before.template }];
    const first = Math.min(...set.ordinals);
    return { ...set, older: older.filter((one) => first < one.before) };
  }
  const { template, ...rest } = set;
  return set.hash === hash ? rest : { ...rest, template: template ?? before.template };
}

function mergeWorkload(
  spec: WorkloadSpec,
  before: WorkloadSpec | undefined,
  live: LiveState,
): LiveWorkload | undefined {
  if (before === undefined) return undefined;
  const { replicas: scaled, ...known } = live.workloads[spec.key] ?? { sets: [] };
  const kept: LiveWorkload = spec.replicasGiven || scaled === undefined ? known : { ...known, replicas: scaled };
  // kubectl would refuse another selector. It selects none of the old pods: they go, like a bare pod that is another one now.
  const isOther =
    canonicalJson(before.selector) !== canonicalJson(spec.selector) ||
    (spec.immutable === true && canonicalJson(before.template) !== canonicalJson(spec.template));
  if (isOther) {
    const fresh = { ...live, workloads: { [spec.key]: { ...kept, sets: [] } } };
    return { ...kept, sets: setsOf(spec, fresh) };
  }
  const hash = spec.hash(known.restartedAt);
  return { ...kept, sets: setsOf(before, live).map((set) => keepTemplate(set, hash, before, spec)) };
}

/** Labels as the manifests write them, by object. */
function writtenLabels(manifests: readonly ManifestInput[]): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const written = new Map<string, Readonly<Record<string, string>>>();
  for (const { kind, object } of manifests) {
    const { name, labels } = object.metadata;
    if (kind === "Namespace") written.set(`Namespace ${name}`, labels ?? {});
    if (kind === "Pod") written.set(`Pod ${object.metadata.namespace ?? "default"}/${name}`, labels ?? {});
  }
  return written;
}

/** Terminating pods of a controller continue to terminate; a Pod of the file is started again. */
function stillTerminating(
  live: LiveState,
  workloads: Readonly<Record<string, LiveWorkload>>,
  pods: readonly PodModel[],
): LiveState["terminating"] {
  const going = pods.filter(({ namespace, owner }) =>
    workloads[`${owner?.kind} ${namespace}/${owner?.name}`]?.sets.some(
      (set) => set.hash === owner?.hash && set.ordinals.includes(owner.ordinal ?? -1),
    ),
  );
  const keys = new Set(going.map(namespacedName));
  return Object.fromEntries(Object.entries(live.terminating).filter(([key]) => keys.has(key)));
}

export function mergeLive(
  live: LiveState,
  manifests: readonly ManifestInput[],
  before: Before,
  nodes: readonly ClusterNode[],
): LiveState {
  const specsBefore = new Map(workloadSpecs(before.manifests, before.nodes).map((spec) => [spec.key, spec]));
  const workloads: Record<string, LiveWorkload> = {};
  for (const spec of workloadSpecs(manifests, nodes)) {
    const settled = mergeWorkload(spec, specsBefore.get(spec.key), live);
    if (settled !== undefined) workloads[spec.key] = settled;
  }
  const written = writtenLabels(manifests);
  const labels = Object.entries(live.labels).map(([object, changes]) => {
    const given = written.get(object) ?? {};
    return [object, Object.fromEntries(Object.entries(changes).filter(([key]) => !Object.hasOwn(given, key)))] as const;
  });
  const terminating = stillTerminating(live, workloads, before.pods);
  return { ...live, workloads, labels: Object.fromEntries(labels), terminating, deleted: [] };
}

/** Of all clusters of the lab that its files describe now; what happened to one that is gone is forgotten. */
export function mergeLab(
  live: LiveState,
  manifests: readonly ManifestInput[],
  before: { readonly manifests: readonly ManifestInput[]; readonly clusters: Lab["clusters"] },
  lab: Pick<Lab, "clusters">,
): LiveState {
  const settled = lab.clusters.map((cluster) => {
    const { name } = cluster;
    const old = before.clusters.find((one) => one.name === name) ?? { name, nodes: [], pods: [] };
    const was = { manifests: manifestsOf(before.manifests, name), pods: ownPods(old), nodes: ownNodes(old) };
    return [name, mergeLive(liveOf(live, name), manifestsOf(manifests, name), was, ownNodes(cluster))] as const;
  });
  const { clusters: _, ...rest } = live;
  return settled.reduce((now, [name, own]) => withLiveOf(now, name, own), rest);
}

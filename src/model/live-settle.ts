/**
 * What stays of a lab's live state when its files are applied again, as with `kubectl apply`: what a file says counts, what
 * it does not speak of stays (a restart, readiness set by hand, labels that were added). What was under way is over.
 */
import type { PodModel } from "./cluster.ts";
import { setsOf, workloadSpecs } from "./replica-set.ts";
import type { WorkloadSpec } from "./replica-set.ts";
import type { ManifestInput } from "./input.ts";
import type { LiveSet, LiveState, LiveWorkload } from "./live.ts";

/** The first pods of a set stay; what is missing is added. */
function resize(set: LiveSet, replicas: number, terminating: (ordinal: number) => boolean): LiveSet {
  const active = set.ordinals.filter((ordinal) => !terminating(ordinal)).slice(0, replicas);
  const added = Array.from({ length: replicas - active.length }, (_, i) => set.next + i);
  return { ...set, replicas, ordinals: [...active, ...added], next: set.next + added.length };
}

function settleWorkload(
  spec: WorkloadSpec,
  live: LiveState,
  terminating: (hash: string, ordinal: number) => boolean,
): LiveWorkload | undefined {
  const known = live.workloads[spec.key];
  if (known === undefined) return undefined;
  const { replicas: scaled, ...rest } = known;
  const kept: LiveWorkload = spec.replicasGiven || scaled === undefined ? rest : { ...rest, replicas: scaled };
  const replicas = kept.replicas ?? spec.replicas;
  const hash = spec.hash(known.restartedAt);
  const current = setsOf(spec, live).find((set) => set.hash === hash);
  // Another template: all pods are new ones.
  if (current === undefined) return { ...kept, sets: [] };
  return { ...kept, sets: [resize(current, replicas, (ordinal) => terminating(hash, ordinal))] };
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

/** `pods`: of the lab as it was. */
export function settleLive(live: LiveState, manifests: readonly ManifestInput[], pods: readonly PodModel[]): LiveState {
  const leaving = pods.filter((pod) => pod.terminating === true);
  const workloads: Record<string, LiveWorkload> = {};
  for (const spec of workloadSpecs(manifests)) {
    const settled = settleWorkload(spec, live, (hash, ordinal) =>
      leaving.some(
        ({ namespace, owner }) =>
          `${owner?.kind} ${namespace}/${owner?.name}` === spec.key &&
          owner?.hash === hash &&
          owner.ordinal === ordinal,
      ),
    );
    if (settled !== undefined) workloads[spec.key] = settled;
  }
  const written = writtenLabels(manifests);
  const labels = Object.entries(live.labels).map(([object, changes]) => {
    const given = written.get(object) ?? {};
    return [object, Object.fromEntries(Object.entries(changes).filter(([key]) => !Object.hasOwn(given, key)))] as const;
  });
  return { ...live, workloads, labels: Object.fromEntries(labels), terminating: {}, deleted: [] };
}

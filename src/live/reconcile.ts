/**
 * One round of the controllers: what changes next, given the files, the requests since, and the state of the pods.
 * Called again after each change until nothing changes any more; between two rounds the state is applied to the lab.
 */
import { warmUp } from "../kube/workload/availability.ts";
import type { PodModel } from "../kube/pod/pod-model.ts";
import type { LiveSet, LiveState, LiveWorkload } from "../kube/workload/live-state.ts";
import { ownPods, waitingPods } from "../kube/workload/replicas.ts";
import type { WorkloadSpec } from "../kube/workload/workload-kind.ts";
import { clusterPrefix, kindedName, namespacedName } from "../net/object-ref.ts";
import { roundView, setsOf, workloadKey } from "../kube/workload/sets.ts";

export interface Round {
  readonly specs: readonly WorkloadSpec[];
  /** The pods of the lab as it is now: made from `live`. */
  readonly pods: readonly PodModel[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Keys of terminating pods that are done. */
  readonly drained: ReadonlySet<string>;
}

/** Old ReplicaSets that are remembered, the default of revisionHistoryLimit. */
const REVISIONS = 10;

const without = <T>(record: Readonly<Record<string, T>>, keys: ReadonlySet<string>): Readonly<Record<string, T>> =>
  Object.keys(record).some((key) => keys.has(key))
    ? Object.fromEntries(Object.entries(record).filter(([key]) => !keys.has(key)))
    : record;

/** Removes terminating pods that are done, with all their state. */
function reap(live: LiveState, { specs, pods, drained }: Round): LiveState {
  const gone = new Set(Object.keys(live.terminating).filter((key) => drained.has(key)));
  if (gone.size === 0) return live;
  const workloads = { ...live.workloads };
  const deleted = [...live.deleted];
  for (const pod of pods) {
    if (!gone.has(namespacedName(pod))) continue;
    const { owner } = pod;
    const spec = specs.find((one) => one.key === `${owner?.kind} ${pod.namespace}/${owner?.name}`);
    if (spec === undefined || owner?.ordinal === undefined) {
      deleted.push(kindedName("Pod", pod));
      continue;
    }
    const sets = (workloads[spec.key]?.sets ?? setsOf(spec, live)).map((set) =>
      set.hash === owner.hash ? { ...set, ordinals: set.ordinals.filter((it) => it !== owner.ordinal) } : set,
    );
    workloads[spec.key] = { ...workloads[spec.key], sets };
  }
  const labels = new Set([...gone].map((key) => `Pod ${key}`));
  return {
    ...live,
    workloads,
    deleted,
    terminating: without(live.terminating, gone),
    ready: without(live.ready, gone),
    probed: without(live.probed, gone),
    labels: without(live.labels, labels),
  };
}

function reconcileWorkload(
  spec: WorkloadSpec,
  live: LiveState,
  pods: readonly PodModel[],
): { readonly workload: LiveWorkload; readonly terminate: readonly string[] } {
  const { current: _, ...known } = live.workloads[spec.key] ?? { sets: [] };
  const next = spec.controller.step(roundView(spec, live, pods));
  const all = next.sets;
  const stays = (set: LiveSet): boolean => set.ordinals.length > 0 || set.replicas > 0 || set.hash === next.current;
  const sets = all.filter((set, i) => i === all.length - 1 || stays(set));
  const over = all.filter((set) => !sets.includes(set)).map((set) => [set.hash, set.next] as const);
  const retired = [...Object.entries(known.retired ?? {}), ...over].slice(-REVISIONS);
  return {
    workload: {
      ...known,
      sets,
      ...(next.current === undefined ? {} : { current: next.current }),
      ...(over.length === 0 ? {} : { retired: Object.fromEntries(retired) }),
    },
    terminate: next.terminate,
  };
}

function sameSets(a: readonly LiveSet[], b: readonly LiveSet[]): boolean {
  return (
    a.length === b.length &&
    a.every((set, i) => {
      const other = b[i];
      return (
        set.hash === other?.hash && set.replicas === other.replicas && set.ordinals.join() === other.ordinals.join()
      );
    })
  );
}

/** The next state; the very same object when there is nothing to do. */
export function reconcile(before: LiveState, round: Round): LiveState {
  const reaped = reap(before, round);
  const pods = reaped !== before ? round.pods.filter((pod) => !round.drained.has(namespacedName(pod))) : round.pods;
  const live = warmUp(reaped, round.specs, pods, round.now);
  const workloads = { ...live.workloads };
  const terminating: Record<string, number> = { ...live.terminating };
  let changed = false;
  for (const spec of round.specs) {
    // A name is free again only when its pod has gone.
    if (spec.stable === true && ownPods(spec, round.pods).some((pod) => !pods.includes(pod))) {
      changed = true;
      continue;
    }
    const { workload, terminate } = reconcileWorkload(spec, { ...live, workloads, terminating }, pods);
    const sets = workloads[spec.key]?.sets ?? setsOf(spec, live);
    if (!sameSets(sets, workload.sets) || workloads[spec.key]?.current !== workload.current) {
      workloads[spec.key] = workload;
      changed = true;
    }
    for (const key of terminate) {
      terminating[key] = round.now;
      changed = true;
    }
  }
  return changed ? { ...live, workloads, terminating } : live;
}

function withoutNode(
  spec: WorkloadSpec,
  { sets, hash }: ReturnType<typeof roundView>,
  pods: readonly PodModel[],
): number {
  const set = sets.find((one) => one.hash === hash);
  return set === undefined ? 0 : waitingPods(spec, set, pods).length;
}

/** All that is missing is pods that no node takes: waiting longer changes nothing. */
export function isStuck(live: LiveState, { specs, pods }: Pick<Round, "specs" | "pods">): boolean {
  const unfinished = specs.flatMap((spec) => {
    const view = roundView(spec, live, pods);
    const { available, complete } = spec.controller.progress(view);
    return complete ? [] : [{ nowhere: withoutNode(spec, view, pods), missing: view.replicas - available }];
  });
  return (
    Object.keys(live.terminating).length === 0 &&
    unfinished.length > 0 &&
    unfinished.every(({ nowhere, missing }) => nowhere > 0 && nowhere === missing)
  );
}

/** What is still under way, as text: `Deployment default/web: 1 of 3 new pods ready`; empty: everything is as requested. */
export function pending(
  live: LiveState,
  { specs, pods }: Pick<Round, "specs" | "pods">,
  cluster?: string,
): readonly string[] {
  const all = specs.flatMap((spec) => {
    const view = roundView(spec, live, pods);
    const { available, complete } = spec.controller.progress(view);
    if (complete) return [];
    const nowhere = withoutNode(spec, view, pods);
    const why = nowhere === 0 ? "" : `, ${nowhere} Pending: no node takes ${nowhere === 1 ? "it" : "them"}`;
    return [
      `${workloadKey(spec)}: ${available} of ${view.replicas} new pods ${spec.minReady === undefined ? "ready" : "available"}${why}`,
    ];
  });
  const leaving = Object.keys(live.terminating).map((key) => `pod ${clusterPrefix(cluster)}${key} terminates`);
  return [...all, ...leaving];
}

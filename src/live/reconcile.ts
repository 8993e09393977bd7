/**
 * One round of the controllers: what changes next, given what the files ask for, what was asked since, and how the pods
 * are. Called again after each change until nothing changes any more; between two rounds the lab is brought to the state.
 */
import { asWaitedFor, isAvailable, warmUp } from "../kube/workload/availability.ts";
import type { PodModel } from "../kube/pod/pod-model.ts";
import { matches } from "../kube/label-selector.ts";
import type { LiveSet, LiveState, LiveWorkload } from "../kube/workload/live-state.ts";
import { setsOf, withNewest } from "../kube/workload/replica-set.ts";
import type { WorkloadSpec } from "../kube/workload/replica-set.ts";
import { pausedStep, rolledOut, rolloutStep } from "../kube/deployment/rollout.ts";
import type { SetStatus } from "../kube/deployment/rollout.ts";

export interface Round {
  readonly specs: readonly WorkloadSpec[];
  /** The pods of the lab as it is now: made from `live`. */
  readonly pods: readonly PodModel[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Terminating pods that are through with what they were doing. */
  readonly drained: ReadonlySet<string>;
}

/** Old ReplicaSets that are remembered, as revisionHistoryLimit has it where nobody gives it. */
const REVISIONS = 10;

export function podKey(pod: Pick<PodModel, "namespace" | "name">): string {
  return `${pod.namespace}/${pod.name}`;
}

const without = <T>(record: Readonly<Record<string, T>>, keys: ReadonlySet<string>): Readonly<Record<string, T>> =>
  Object.keys(record).some((key) => keys.has(key))
    ? Object.fromEntries(Object.entries(record).filter(([key]) => !keys.has(key)))
    : record;

/** Takes away terminating pods that are through, and with them all that was known of them. */
function reap(live: LiveState, { specs, pods, drained }: Round): LiveState {
  const gone = new Set(Object.keys(live.terminating).filter((key) => drained.has(key)));
  if (gone.size === 0) return live;
  const workloads = { ...live.workloads };
  const deleted = [...live.deleted];
  for (const pod of pods) {
    if (!gone.has(podKey(pod))) continue;
    const { owner } = pod;
    const spec = specs.find((one) => one.key === `${owner?.kind} ${pod.namespace}/${owner?.name}`);
    if (spec === undefined || owner?.ordinal === undefined) {
      deleted.push(`Pod ${podKey(pod)}`);
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

/** The pods of one set that its controller counts: not those that terminate, nor those that its selector lets go. */
function activePods(spec: WorkloadSpec, set: LiveSet, live: LiveState, pods: readonly PodModel[]): readonly PodModel[] {
  return pods.filter(
    (pod) =>
      pod.namespace === spec.namespace &&
      pod.owner?.kind === spec.kind &&
      pod.owner.name === spec.name &&
      pod.owner.hash === set.hash &&
      live.terminating[podKey(pod)] === undefined &&
      matches(spec.selector, pod.labels),
  );
}

/** Numbers of pods that have no node yet: their ports are taken on all of them. They have no model either. */
export function waitingPods(spec: WorkloadSpec, set: LiveSet, pods: readonly PodModel[]): readonly number[] {
  const there = new Set(
    pods.flatMap(({ namespace, owner }) =>
      namespace === spec.namespace && owner?.kind === spec.kind && owner.name === spec.name && owner.hash === set.hash
        ? [owner.ordinal]
        : [],
    ),
  );
  return set.ordinals.filter((ordinal) => !there.has(ordinal));
}

export function statusOf(spec: WorkloadSpec, set: LiveSet, live: LiveState, pods: readonly PodModel[]): SetStatus {
  const active = activePods(spec, set, live, pods);
  const own = pods.filter(
    (pod) => pod.namespace === spec.namespace && pod.owner?.name === spec.name && pod.owner.hash === set.hash,
  );
  return {
    replicas: set.replicas,
    pods: active.length + waitingPods(spec, set, pods).length,
    available: active.filter((pod) => isAvailable(pod, live)).length,
    terminating: own.filter((pod) => live.terminating[podKey(pod)] !== undefined).length,
  };
}

/** Who goes first when there are too many: not ready, then on the node with most of them, then the newest (ActivePodsWithRanks). */
function victims(active: readonly PodModel[], count: number): readonly PodModel[] {
  const onNode = (pod: PodModel): number => active.filter((other) => other.node === pod.node).length;
  return active
    .toSorted(
      (a, b) =>
        Number(a.ready) - Number(b.ready) || onNode(b) - onNode(a) || (b.owner?.ordinal ?? 0) - (a.owner?.ordinal ?? 0),
    )
    .slice(0, count);
}

interface Grown {
  readonly set: LiveSet;
  readonly terminate: readonly string[];
}

/** The ReplicaSet controller: as many pods as its spec says. */
function fill(spec: WorkloadSpec, set: LiveSet, live: LiveState, pods: readonly PodModel[]): Grown {
  const active = activePods(spec, set, live, pods);
  const waiting = waitingPods(spec, set, pods);
  // A set that has just come has pods in the model only after this round.
  const missing = set.replicas - active.length - waiting.length;
  if (missing > 0) {
    const added = Array.from({ length: missing }, (_, i) => set.next + i);
    return { set: { ...set, ordinals: [...set.ordinals, ...added], next: set.next + missing }, terminate: [] };
  }
  // Who has no node goes first.
  const unmade = new Set(waiting.slice(waiting.length - Math.min(waiting.length, -missing)));
  const ordinals = set.ordinals.filter((ordinal) => !unmade.has(ordinal));
  return { set: { ...set, ordinals }, terminate: victims(active, -missing - unmade.size).map(podKey) };
}

function reconcileWorkload(
  spec: WorkloadSpec,
  live: LiveState,
  pods: readonly PodModel[],
): { readonly workload: LiveWorkload; readonly terminate: readonly string[] } {
  const known = live.workloads[spec.key];
  const replicas = known?.replicas ?? spec.replicas;
  const before = setsOf(spec, live);
  const current = spec.paused ? before : withNewest(before, spec.hash(known?.restartedAt), known);
  const statuses = current.map((set) => statusOf(spec, set, live, pods));
  const wanted = spec.paused ? pausedStep(replicas, statuses) : rolloutStep(spec.strategy, replicas, statuses);
  const grown = current.map((set, i) => fill(spec, { ...set, replicas: wanted[i] ?? set.replicas }, live, pods));
  const all = grown.map((one) => one.set);
  const sets = all.filter((set, i) => i === all.length - 1 || set.ordinals.length > 0 || set.replicas > 0);
  const over = all.filter((set) => !sets.includes(set)).map((set) => [set.hash, set.next] as const);
  const retired = [...Object.entries(known?.retired ?? {}), ...over].slice(-REVISIONS);
  return {
    workload: { ...known, sets, ...(over.length === 0 ? {} : { retired: Object.fromEntries(retired) }) },
    terminate: grown.flatMap((one) => one.terminate),
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
  const pods = reaped !== before ? round.pods.filter((pod) => !round.drained.has(podKey(pod))) : round.pods;
  const live = warmUp(reaped, round.specs, pods, round.now);
  const workloads = { ...live.workloads };
  const terminating: Record<string, number> = { ...live.terminating };
  let changed = false;
  for (const spec of round.specs) {
    const { workload, terminate } = reconcileWorkload(spec, { ...live, workloads, terminating }, pods);
    const sets = workloads[spec.key]?.sets ?? setsOf(spec, live);
    if (!sameSets(sets, workload.sets)) {
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

/** What is still under way, in words: `Deployment default/web: 1 of 3 new pods ready`; nothing: all is as it was asked for. */
export function pending(live: LiveState, { specs, pods }: Pick<Round, "specs" | "pods">): readonly string[] {
  const waited = asWaitedFor(live, pods);
  const all = specs.flatMap((spec) => {
    const replicas = live.workloads[spec.key]?.replicas ?? spec.replicas;
    const sets = setsOf(spec, live).map((set) => statusOf(spec, set, waited.live, waited.pods));
    if (rolledOut(replicas, sets)) return [];
    const fresh = sets.at(-1);
    return [
      `${spec.key}: ${fresh?.available ?? 0} of ${replicas} new pods ${spec.minReady === undefined ? "ready" : "available"}`,
    ];
  });
  const leaving = Object.keys(live.terminating).map((key) => `pod ${key} terminates`);
  return [...all, ...leaving];
}

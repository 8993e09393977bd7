/** Sets of pods as the controllers count them: which pods a set has, how many serve, which go first. */
import { matches } from "../label-selector.ts";
import type { PodModel } from "../pod/pod-model.ts";
import { isAvailable } from "./availability.ts";
import type { LiveSet, LiveState } from "./live-state.ts";
import type { WorkloadSpec } from "./workload-kind.ts";
import { namespacedName } from "../../net/object-ref.ts";

/** A set of pods as its controller sees it. */
export interface SetStatus {
  /** spec.replicas. */
  readonly replicas: number;
  /** Pods that do not terminate. */
  readonly pods: number;
  /** Of these, how many have been ready for long enough. */
  readonly available: number;
  /** Pods that terminate. */
  readonly terminating: number;
}

export function newSet(hash: string, replicas: number, restartedAt?: string, first = 0): LiveSet {
  return {
    hash,
    ...(restartedAt === undefined ? {} : { restartedAt }),
    replicas,
    ordinals: Array.from({ length: replicas }, (_, i) => first + i),
    next: first + replicas,
  };
}

/** Pods that a controller made, those that terminate among them. */
export function ownPods(
  spec: Pick<WorkloadSpec, "kind" | "namespace" | "name">,
  pods: readonly PodModel[],
): readonly PodModel[] {
  return pods.filter(
    ({ namespace, owner }) => namespace === spec.namespace && owner?.kind === spec.kind && owner.name === spec.name,
  );
}

/** The pods of one set that its controller counts: not those that terminate, nor those that its selector no longer matches. */
export function activePods(
  spec: WorkloadSpec,
  set: Pick<LiveSet, "hash">,
  live: LiveState,
  pods: readonly PodModel[],
): readonly PodModel[] {
  return ownPods(spec, pods).filter(
    (pod) =>
      pod.owner?.hash === set.hash &&
      live.terminating[namespacedName(pod)] === undefined &&
      matches(spec.selector, pod.labels),
  );
}

/** Numbers of pods that have no node yet: they are Pending, and have no model either. */
export function waitingPods(spec: WorkloadSpec, set: LiveSet, pods: readonly PodModel[]): readonly number[] {
  const there = new Set(ownPods(spec, pods).flatMap(({ owner }) => (owner?.hash === set.hash ? [owner.ordinal] : [])));
  return set.ordinals.filter((ordinal) => !there.has(ordinal));
}

export function statusOf(spec: WorkloadSpec, set: LiveSet, live: LiveState, pods: readonly PodModel[]): SetStatus {
  const active = activePods(spec, set, live, pods);
  const own = ownPods(spec, pods).filter(({ owner }) => owner?.hash === set.hash);
  return {
    replicas: set.replicas,
    pods: active.length + waitingPods(spec, set, pods).length,
    available: active.filter((pod) => isAvailable(pod, live)).length,
    terminating: own.filter((pod) => live.terminating[namespacedName(pod)] !== undefined).length,
  };
}

/** Which go first when there are too many: not ready, then on the node with most of them, then the newest (ActivePodsWithRanks). */
function victims(active: readonly PodModel[], count: number): readonly PodModel[] {
  const onNode = (pod: PodModel): number => active.filter((other) => other.node === pod.node).length;
  return active
    .toSorted(
      (a, b) =>
        Number(a.ready) - Number(b.ready) || onNode(b) - onNode(a) || (b.owner?.ordinal ?? 0) - (a.owner?.ordinal ?? 0),
    )
    .slice(0, count);
}

export interface Filled {
  readonly set: LiveSet;
  readonly terminate: readonly string[];
}

/** The ReplicaSet controller (and that of Jobs): as many pods as its spec says. */
export function fillSet(spec: WorkloadSpec, set: LiveSet, live: LiveState, pods: readonly PodModel[]): Filled {
  const active = activePods(spec, set, live, pods);
  const waiting = waitingPods(spec, set, pods);
  // A new set has pods in the model only after this round.
  const missing = set.replicas - active.length - waiting.length;
  if (missing > 0) {
    const added = Array.from({ length: missing }, (_, i) => set.next + i);
    return { set: { ...set, ordinals: [...set.ordinals, ...added], next: set.next + missing }, terminate: [] };
  }
  // Those without a node go first.
  const unmade = new Set(waiting.slice(waiting.length - Math.min(waiting.length, -missing)));
  const ordinals = set.ordinals.filter((ordinal) => !unmade.has(ordinal));
  return { set: { ...set, ordinals }, terminate: victims(active, -missing - unmade.size).map(namespacedName) };
}

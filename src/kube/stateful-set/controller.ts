/**
 * StatefulSets: pods with stable names, made in order and replaced from the last one down
 * (pkg/controller/statefulset: stateful_set_control.go, stateful_set_utils.go; KEP-3335).
 */
import { asWaitedFor, isAvailable } from "../workload/availability.ts";
import type { LiveSet } from "../workload/live-state.ts";
import type { PodModel } from "../pod/pod-model.ts";
import { newSet, ownPods } from "../workload/replicas.ts";
import type { Controller, Progress, RoundView } from "../workload/workload-kind.ts";
import { namespacedName } from "../../net/object-ref.ts";

export interface StatefulSetOrder {
  /** spec.ordinals.start */
  readonly start: number;
  /** podManagementPolicy Parallel: no pod waits for another one. */
  readonly parallel: boolean;
  readonly update:
    | {
        readonly type: "RollingUpdate";
        /** Pods with an ordinal below start + partition stay. */
        readonly partition: number;
        /** How many may be missing at once during an update; a number, or a part of the replicas. */
        readonly maxUnavailable?: number | string | undefined;
      }
    | { readonly type: "OnDelete" };
}

/** One ordinal in a round. `pod`: undefined where it has no node, or does not exist yet. */
interface Replica {
  readonly ordinal: number;
  readonly hash: string;
  readonly pod: PodModel | undefined;
  readonly isTerminating: boolean;
  readonly isAvailable: boolean;
}

function replicasOf({ spec, sets, live, pods }: RoundView): readonly Replica[] {
  const own = ownPods(spec, pods);
  return sets
    .flatMap((set) =>
      set.ordinals.map((ordinal): Replica => {
        const pod = own.find(({ owner }) => owner?.hash === set.hash && owner.ordinal === ordinal);
        const isTerminating = pod !== undefined && live.terminating[namespacedName(pod)] !== undefined;
        return {
          ordinal,
          hash: set.hash,
          pod,
          isTerminating,
          isAvailable: pod !== undefined && !isTerminating && isAvailable(pod, live),
        };
      }),
    )
    .toSorted((a, b) => a.ordinal - b.ordinal);
}

/** getStatefulSetMaxUnavailable: parts are rounded down, and one at least. */
function mostMissing(maxUnavailable: number | string, replicas: number): number {
  if (typeof maxUnavailable === "number") return maxUnavailable;
  return Math.max(1, Math.floor((Number.parseInt(maxUnavailable, 10) * replicas) / 100));
}

/** Which pods are replaced because of another template; all existing ones are otherwise as required. */
function outdated(
  { update, start }: StatefulSetOrder,
  { replicas, hash }: RoundView,
  there: readonly Replica[],
): readonly Replica[] {
  if (update.type === "OnDelete") return [];
  const targets = there.filter(({ ordinal }) => ordinal >= start + update.partition).toReversed();
  const isOld = (one: Replica): boolean => one.hash !== hash && !one.isTerminating;
  if (update.maxUnavailable !== undefined) {
    const missing = there.filter((one) => !one.isAvailable).length;
    const room = mostMissing(update.maxUnavailable, replicas) - missing;
    return targets.filter(isOld).slice(0, Math.max(0, room));
  }
  // The last one that is not as it shall be, or not available.
  const first = targets.find((one) => isOld(one) || !one.isAvailable);
  return first !== undefined && isOld(first) ? [first] : [];
}

interface Decision {
  /** Ordinals to make. */
  readonly make: readonly number[];
  readonly terminate: readonly Replica[];
}

/** updateStatefulSet. */
function decide(order: StatefulSetOrder, view: RoundView, all: readonly Replica[]): Decision {
  const { start, parallel } = order;
  const end = start + view.replicas;
  const inRange = ({ ordinal }: Replica): boolean => ordinal >= start && ordinal < end;
  const there = all.filter(inRange);
  const make: number[] = [];
  for (let ordinal = start; ordinal < end; ordinal++) {
    const one = there.find((replica) => replica.ordinal === ordinal);
    if (one === undefined) make.push(ordinal);
    if (!parallel && one?.isAvailable !== true) return { make, terminate: [] };
  }
  const condemned = all.filter((one) => !inRange(one)).toReversed();
  const unavailable = [...there, ...condemned.toReversed()].find((one) => !one.isAvailable);
  const going: Replica[] = [];
  for (const one of condemned) {
    if (!one.isTerminating && (parallel || one.isAvailable || one === unavailable)) going.push(one);
    if (!parallel) return { make, terminate: going };
  }
  const made = make.map((ordinal): Replica => ({
    ordinal,
    hash: view.hash,
    pod: undefined,
    isTerminating: false,
    isAvailable: false,
  }));
  const replicas = [...there, ...made].toSorted((a, b) => a.ordinal - b.ordinal);
  return { make, terminate: [...going, ...outdated(order, view, replicas)] };
}

/** newVersionedStatefulSetPod: pods below the partition are made from the template that all had before. */
function hashFor({ update, start }: StatefulSetOrder, ordinal: number, current: string, hash: string): string {
  return update.type === "RollingUpdate" && ordinal < start + update.partition ? current : hash;
}

function withOrdinals(set: LiveSet, ordinals: readonly number[]): LiveSet {
  return { ...set, ordinals, replicas: ordinals.length, next: Math.max(set.next, ...ordinals.map((one) => one + 1)) };
}

export function statefulSetController(order: StatefulSetOrder, serviceName: string | undefined): Controller {
  const progress = (view: RoundView): Progress => {
    const waited = asWaitedFor(view.live, view.pods);
    const all = replicasOf({ ...view, ...waited });
    const fresh = all.filter((one) => one.hash === view.hash && !one.isTerminating);
    const { update, start } = order;
    const mustGo = (one: Replica): boolean =>
      update.type === "RollingUpdate" && one.hash !== view.hash && one.ordinal >= start + update.partition;
    const old = all.filter(mustGo);
    const serving = all.filter((one) => one.isAvailable).length;
    return {
      updated: fresh.length,
      available: fresh.filter((one) => one.isAvailable).length,
      old: old.filter((one) => !one.isTerminating).length,
      complete: old.length === 0 && all.length === view.replicas && serving === view.replicas,
    };
  };
  return {
    begin: (hash, replicas, restartedAt) => newSet(hash, replicas, restartedAt, order.start),
    pod(spec, set, ordinal) {
      const name = `${spec.name}-${ordinal}`;
      return {
        name,
        base: name,
        labels: {
          "apps.kubernetes.io/pod-index": String(ordinal),
          "controller-revision-hash": `${spec.name}-${set.hash}`,
          "statefulset.kubernetes.io/pod-name": name,
        },
        spec: { hostname: name, subdomain: serviceName },
      };
    },
    step(view) {
      const { known, hash, live } = view;
      const found = view.sets.find((set) => set.hash === hash);
      const sets = found === undefined ? [...view.sets, newSet(hash, 0, known?.restartedAt)] : view.sets;
      const current = known?.current ?? view.sets[0]?.hash ?? hash;
      const { make, terminate } = decide(order, view, replicasOf(view));
      // One without a node has nothing to terminate: it is removed at once.
      const dropped = new Set(terminate.filter(({ pod }) => pod === undefined).map(({ ordinal }) => ordinal));
      const made = make.map((ordinal) => ({ ordinal, hash: hashFor(order, ordinal, current, hash) }));
      const next = sets.map((set) =>
        withOrdinals(set, [
          ...set.ordinals.filter((ordinal) => !dropped.has(ordinal)),
          ...made.filter((one) => one.hash === set.hash).map(({ ordinal }) => ordinal),
        ]),
      );
      const ordered = [...next.filter((set) => set.hash !== hash), ...next.filter((set) => set.hash === hash)];
      const keys = terminate.flatMap(({ pod }) => (pod === undefined ? [] : [namespacedName(pod)]));
      // completeRollingUpdate: from now on the new template is the one that all have.
      const all = ordered.flatMap((set) => set.ordinals.map(() => set.hash));
      const isComplete = all.every((one) => one === hash) && progress({ ...view, sets: ordered, live }).complete;
      return { sets: ordered, terminate: keys, ...(isComplete ? {} : { current }) };
    },
    progress,
    isRolling({ sets, hash }) {
      const { update, start } = order;
      return (
        update.type === "RollingUpdate" &&
        sets.some((set) => set.hash !== hash && set.ordinals.some((ordinal) => ordinal >= start + update.partition))
      );
    },
    strategy() {
      const { update, start } = order;
      if (update.type === "OnDelete") return "OnDelete: a pod is replaced when it is deleted";
      const down = update.partition === 0 ? "" : ` down to ordinal ${start + update.partition}`;
      return update.maxUnavailable === undefined
        ? `RollingUpdate: one at a time from the last${down}`
        : `RollingUpdate: at most ${update.maxUnavailable} missing, from the last${down}`;
    },
    revision: ({ name }, hash) => `${name}-${hash}`,
  };
}

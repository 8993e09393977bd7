/**
 * How many pods each ReplicaSet of a Deployment shall have next, as the Deployment controller decides it
 * (k8s.io/kubernetes pkg/controller/deployment: rolling.go, recreate.go, util/deployment_util.go).
 */
import type { SetStatus } from "../workload/replicas.ts";
import type { DeploymentStrategyDocument } from "./schema.ts";

export type DeploymentStrategy =
  | {
      readonly type: "RollingUpdate";
      /** A number of pods, or `25%` of the replicas. */
      readonly maxSurge: number | string;
      readonly maxUnavailable: number | string;
    }
  | { readonly type: "Recreate" };

const DEFAULT_PART = "25%";

export function deploymentStrategy(doc: DeploymentStrategyDocument | null | undefined): DeploymentStrategy {
  if (doc?.type === "Recreate") return { type: "Recreate" };
  return {
    type: "RollingUpdate",
    maxSurge: doc?.rollingUpdate?.maxSurge ?? DEFAULT_PART,
    maxUnavailable: doc?.rollingUpdate?.maxUnavailable ?? DEFAULT_PART,
  };
}

function part(value: number | string, of: number, round: (value: number) => number): number {
  return typeof value === "number" ? value : round((Number.parseInt(value, 10) * of) / 100);
}

/** Surge is rounded up, unavailable down; with both zero it would never make progress (ResolveFenceposts). */
export function fenceposts(
  strategy: Extract<DeploymentStrategy, { type: "RollingUpdate" }>,
  replicas: number,
): { readonly surge: number; readonly unavailable: number } {
  const surge = part(strategy.maxSurge, replicas, Math.ceil);
  const unavailable = Math.min(part(strategy.maxUnavailable, replicas, Math.floor), replicas);
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

const sum = (sets: readonly SetStatus[], pick: (set: SetStatus) => number): number =>
  sets.reduce((total, set) => total + pick(set), 0);

/** Takes at most `limit` pods from the sets, oldest set first. */
function takeFrom(sets: readonly SetStatus[], limit: number, most: (set: SetStatus) => number): SetStatus[] {
  let left = limit;
  return sets.map((set) => {
    const taken = Math.max(0, Math.min(left, most(set), set.replicas));
    left -= taken;
    return { ...set, replicas: set.replicas - taken };
  });
}

function rollOld(old: readonly SetStatus[], fresh: SetStatus, minAvailable: number): readonly SetStatus[] {
  const freshUnavailable = fresh.replicas - fresh.available;
  const most = sum(old, (set) => set.replicas) + fresh.replicas - minAvailable - freshUnavailable;
  if (most <= 0) return old;
  // First those that do not serve anyway.
  const healthy = takeFrom(old, most, (set) => set.replicas - set.available);
  const available = sum(healthy, (set) => Math.min(set.available, set.replicas)) + fresh.available;
  return takeFrom(healthy, available - minAvailable, (set) => set.replicas);
}

/** spec.replicas of every set, in the given order: the last one is the newest. */
export function rolloutStep(
  strategy: DeploymentStrategy,
  replicas: number,
  sets: readonly SetStatus[],
): readonly number[] {
  const old = sets.slice(0, -1);
  const fresh = sets.at(-1);
  if (fresh === undefined) return [];
  if (strategy.type === "Recreate") {
    const there = sum(old, (set) => set.pods + set.terminating);
    return [...old.map(() => 0), there > 0 ? fresh.replicas : replicas];
  }
  const { surge, unavailable } = fenceposts(strategy, replicas);
  if (old.every((set) => set.replicas === 0)) return [...old.map(() => 0), replicas];
  const room = Math.max(0, replicas + surge - sum(sets, (set) => set.replicas));
  const grown = fresh.replicas > replicas ? replicas : Math.min(replicas, fresh.replicas + room);
  // One step at a time: a scale-up is completed before anything is removed.
  if (grown !== fresh.replicas) return [...old.map((set) => set.replicas), grown];
  return [...rollOld(old, fresh, replicas - unavailable).map((set) => set.replicas), grown];
}

/** A paused Deployment is scaled, and nothing else: a single ReplicaSet gets the requested size, several stay as they are. */
export function pausedStep(replicas: number, sets: readonly SetStatus[]): readonly number[] {
  const active = sets.filter((set) => set.replicas > 0);
  const only = active.length > 1 ? undefined : (active[0] ?? sets.at(-1));
  return sets.map((set) => (set === only ? replicas : set.replicas));
}

/** Nothing is left of the old pods, and all new ones serve. */
export function rolledOut(replicas: number, sets: readonly SetStatus[]): boolean {
  const fresh = sets.at(-1);
  return (
    fresh !== undefined &&
    sets.slice(0, -1).every((set) => set.pods === 0) &&
    fresh.pods === replicas &&
    fresh.available === replicas
  );
}

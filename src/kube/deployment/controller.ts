/** Deployments: a ReplicaSet for each template, scaled up and down by the strategy (pkg/controller/deployment). */
import { asWaitedFor } from "../workload/availability.ts";
import type { LiveSet, LiveWorkload } from "../workload/live-state.ts";
import { fillSet, newSet, statusOf, type SetStatus } from "../workload/replicas.ts";
import type { Controller } from "../workload/workload-kind.ts";
import { fenceposts, pausedStep, rolledOut, rolloutStep, type DeploymentStrategy } from "./rollout.ts";

const NONE: SetStatus = { replicas: 0, pods: 0, available: 0, terminating: 0 };

/** The last one has the requested template: a new ReplicaSet, or one that already has it (a rollback). */
function withNewest(sets: readonly LiveSet[], hash: string, known: LiveWorkload | undefined): readonly LiveSet[] {
  if (sets.at(-1)?.hash === hash) return sets;
  const found = sets.find((set) => set.hash === hash);
  const fresh = { ...newSet(hash, 0, known?.restartedAt), next: known?.retired?.[hash] ?? 0 };
  return [...sets.filter((set) => set !== found), found ?? fresh];
}

const revision: Controller["revision"] = ({ name }, hash) => `${name}-${hash}`;

export function deploymentController(strategy: DeploymentStrategy): Controller {
  return {
    begin: newSet,
    pod: (spec, set) => ({ base: revision(spec, set.hash), labels: { "pod-template-hash": set.hash } }),
    step({ spec, known, replicas, hash, sets, live, pods }) {
      const paused = spec.paused === true;
      const current = paused ? sets : withNewest(sets, hash, known);
      const statuses = current.map((set) => statusOf(spec, set, live, pods));
      const wanted = paused ? pausedStep(replicas, statuses) : rolloutStep(strategy, replicas, statuses);
      const filled = current.map((set, i) =>
        fillSet(spec, { ...set, replicas: wanted[i] ?? set.replicas }, live, pods),
      );
      return { sets: filled.map(({ set }) => set), terminate: filled.flatMap(({ terminate }) => terminate) };
    },
    progress({ spec, replicas, hash, sets, live, pods }) {
      const waited = asWaitedFor(live, pods);
      const newest = spec.paused === true ? sets.at(-1) : sets.find((set) => set.hash === hash);
      const status = (set: LiveSet): SetStatus => statusOf(spec, set, waited.live, waited.pods);
      const old = sets.filter((set) => set !== newest).map(status);
      const fresh = newest === undefined ? NONE : status(newest);
      return {
        updated: fresh.pods,
        available: fresh.available,
        old: old.reduce((sum, one) => sum + one.pods, 0),
        complete: rolledOut(replicas, [...old, fresh]),
      };
    },
    isRolling: ({ spec, hash, sets }) => spec.paused !== true && (sets.length > 1 || sets.at(-1)?.hash !== hash),
    strategy(_spec, replicas) {
      if (strategy.type === "Recreate") return "Recreate: the old ones are removed first";
      const { surge, unavailable } = fenceposts(strategy, replicas);
      return `RollingUpdate: at most ${replicas + surge}, at least ${replicas - unavailable} of them ready`;
    },
    revision,
  };
}

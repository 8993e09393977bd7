/** How far a Deployment's rollout has come, as `kubectl rollout status` tells it. */
import { asWaitedFor } from "../kube/workload/availability.ts";
import type { PodModel } from "../kube/pod/pod-model.ts";
import type { LiveState } from "../kube/workload/live-state.ts";
import { podKey, reconcile, statusOf, waitingPods } from "./reconcile.ts";
import { replicaSetName, setsOf } from "../kube/workload/replica-set.ts";
import type { WorkloadSpec } from "../kube/workload/replica-set.ts";
import { fenceposts, rolledOut } from "../kube/deployment/rollout.ts";
import type { SetStatus } from "../kube/deployment/rollout.ts";

export interface RolloutStatus {
  readonly spec: WorkloadSpec;
  /** How many pods were asked for. */
  readonly replicas: number;
  /** Pods of the new template, and how many of them are available. */
  readonly updated: number;
  readonly available: number;
  /** Pods of older templates that do not terminate. */
  readonly old: number;
  /** New pods that are not ready. */
  readonly unready: readonly PodModel[];
  /** New pods that have no node: their ports are taken. */
  readonly waiting: number;
  readonly complete: boolean;
}

/** Deployments whose pods are not, or not all, of the template that is asked for. */
function rollingOut(specs: readonly WorkloadSpec[], live: LiveState): readonly WorkloadSpec[] {
  return specs.filter((spec) => {
    if (spec.paused) return false;
    const sets = setsOf(spec, live);
    return sets.length > 1 || sets.at(-1)?.hash !== spec.hash(live.workloads[spec.key]?.restartedAt);
  });
}

/** `Deployment default/web: web-6d4cf56db6 → web-7c9bd8f6d, 3 pods (RollingUpdate: at most 4, at least 3 of them ready)`. */
function describeRollout(spec: WorkloadSpec, live: LiveState): string {
  const known = live.workloads[spec.key];
  const hash = spec.hash(known?.restartedAt);
  const replicas = known?.replicas ?? spec.replicas;
  const old = setsOf(spec, live).filter((set) => set.hash !== hash);
  const way = ((): string => {
    if (spec.strategy.type === "Recreate") return "Recreate: the old ones are removed first";
    const { surge, unavailable } = fenceposts(spec.strategy, replicas);
    return `RollingUpdate: at most ${replicas + surge}, at least ${replicas - unavailable} of them ready`;
  })();
  const names = old.map((set) => replicaSetName(spec, set)).join(", ");
  return `${spec.key}: ${names} → ${replicaSetName(spec, { hash })}, ${replicas} ${replicas === 1 ? "pod" : "pods"} (${way})`;
}

export function rolloutStatus(spec: WorkloadSpec, live: LiveState, pods: readonly PodModel[]): RolloutStatus {
  const known = live.workloads[spec.key];
  const hash = spec.hash(known?.restartedAt);
  const waited = asWaitedFor(live, pods);
  const sets = setsOf(spec, live);
  const none: SetStatus = { replicas: 0, pods: 0, available: 0, terminating: 0 };
  const old = sets.filter((set) => set.hash !== hash).map((set) => statusOf(spec, set, waited.live, waited.pods));
  const set = sets.find((one) => one.hash === hash);
  const fresh = set === undefined ? none : statusOf(spec, set, waited.live, waited.pods);
  const replicas = known?.replicas ?? spec.replicas;
  return {
    spec,
    replicas,
    updated: fresh.pods,
    available: fresh.available,
    old: old.reduce((sum, one) => sum + one.pods, 0),
    unready: waited.pods.filter(
      (pod) =>
        pod.namespace === spec.namespace &&
        pod.owner?.kind === spec.kind &&
        pod.owner.name === spec.name &&
        pod.owner.hash === hash &&
        live.terminating[podKey(pod)] === undefined &&
        !pod.ready,
    ),
    waiting: set === undefined ? 0 : waitingPods(spec, set, pods).length,
    complete: rolledOut(replicas, [...old, fresh]),
  };
}

/** Something was gained: what the Deployment controller counts as progress (DeploymentProgressing), but nothing twice. */
export function furthest(a: RolloutStatus, b: RolloutStatus): RolloutStatus {
  return {
    ...b,
    updated: Math.max(a.updated, b.updated),
    available: Math.max(a.available, b.available),
    old: Math.min(a.old, b.old),
  };
}

/** What the controllers have to do yet. */
export interface UnderWay {
  /** Deployments that are rolled out: `Deployment default/web`. */
  readonly rollouts: readonly string[];
  /** In words, one line each. */
  readonly texts: readonly string[];
}

function describeScaling(spec: WorkloadSpec, live: LiveState): readonly string[] {
  const there = setsOf(spec, live).reduce((sum, set) => sum + set.replicas, 0);
  const replicas = live.workloads[spec.key]?.replicas ?? spec.replicas;
  return there === replicas ? [] : [`scaling of ${spec.key}: ${there} → ${replicas} pods`];
}

/** Undefined when all is as it was asked for. */
export function underWay(
  live: LiveState,
  specs: readonly WorkloadSpec[],
  pods: readonly PodModel[],
): UnderWay | undefined {
  const rolling = rollingOut(specs, live);
  const texts = specs.flatMap((spec) =>
    rolling.includes(spec) ? [`rollout of ${describeRollout(spec, live)}`] : describeScaling(spec, live),
  );
  const isBusy =
    rolling.length > 0 ||
    Object.keys(live.terminating).length > 0 ||
    pods.some((pod) => pod.starting === true) ||
    reconcile(live, { specs, pods, now: 0, drained: new Set() }) !== live;
  return isBusy ? { rollouts: rolling.map((spec) => spec.key), texts } : undefined;
}

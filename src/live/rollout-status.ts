/** How far a rollout has come, as `kubectl rollout status` reports it. */
import { count } from "../counting.ts";
import type { PodModel } from "../kube/pod/pod-model.ts";
import { asWaitedFor } from "../kube/workload/availability.ts";
import { activePods, waitingPods } from "../kube/workload/replicas.ts";
import { roundView, workloadKey } from "../kube/workload/sets.ts";
import type { Progress, WorkloadSpec } from "../kube/workload/workload-kind.ts";
import { reconcile } from "./reconcile.ts";
import { ownPods } from "../cluster/lab-names.ts";
import { liveOf, type LiveState } from "../kube/workload/live-state.ts";
import type { Lab } from "../lab/lab.ts";
import { specsOf } from "./rounds.ts";

export interface RolloutStatus extends Progress {
  readonly spec: WorkloadSpec;
  /** How many pods were requested. */
  readonly replicas: number;
  /** New pods that are not ready. */
  readonly unready: readonly PodModel[];
  /** New pods that have no node: no node takes them. */
  readonly waiting: number;
}

/** Workloads whose pods are not, or not all, of the requested template. */
function rollingOut(specs: readonly WorkloadSpec[], live: LiveState): readonly WorkloadSpec[] {
  return specs.filter((spec) => spec.controller.isRolling(roundView(spec, live, [])));
}

/** `Deployment default/web: web-6d4cf56db6 → web-7c9bd8f6d, 3 pods (RollingUpdate: at most 4, at least 3 of them ready)`. */
function describeRollout(spec: WorkloadSpec, live: LiveState): string {
  const { controller } = spec;
  const { hash, replicas, sets } = roundView(spec, live, []);
  const old = sets.filter((set) => set.hash !== hash).map((set) => controller.revision(spec, set.hash));
  const size = count(replicas, "pod");
  return `${workloadKey(spec)}: ${old.join(", ")} → ${controller.revision(spec, hash)}, ${size} (${controller.strategy(spec, replicas)})`;
}

export function rolloutStatus(spec: WorkloadSpec, live: LiveState, pods: readonly PodModel[]): RolloutStatus {
  const view = roundView(spec, live, pods);
  const waited = asWaitedFor(live, pods);
  const set = view.sets.find((one) => one.hash === view.hash);
  return {
    spec,
    replicas: view.replicas,
    ...spec.controller.progress(view),
    unready: activePods(spec, view, live, waited.pods).filter((pod) => !pod.ready),
    waiting: set === undefined ? 0 : waitingPods(spec, set, pods).length,
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

/** What the controllers still have to do. */
export interface UnderWay {
  /** Workloads that are rolled out: `Deployment default/web` (workloadKey). */
  readonly rollouts: readonly string[];
  /** As text, one line each. */
  readonly texts: readonly string[];
}

function describeScaling(spec: WorkloadSpec, live: LiveState): readonly string[] {
  const { sets, replicas } = roundView(spec, live, []);
  const there = sets.reduce((sum, set) => sum + set.replicas, 0);
  return there === replicas ? [] : [`scaling of ${workloadKey(spec)}: ${there} → ${replicas} pods`];
}

/** Undefined when everything is as requested. */
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
  return isBusy ? { rollouts: rolling.map(workloadKey), texts } : undefined;
}

/** Of all clusters. */
export function labUnderWay(
  live: LiveState,
  specs: readonly WorkloadSpec[],
  { clusters }: Pick<Lab, "clusters">,
): UnderWay | undefined {
  const all = clusters.flatMap((one) => underWay(liveOf(live, one.name), specsOf(specs, one.name), ownPods(one)) ?? []);
  return all.length === 0
    ? undefined
    : { rollouts: all.flatMap(({ rollouts }) => rollouts), texts: all.flatMap(({ texts }) => texts) };
}

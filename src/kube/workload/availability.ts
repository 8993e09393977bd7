/**
 * When a pod counts as available: when it has been ready for minReadySeconds without a break (IsPodAvailable of
 * pkg/api/v1/pod). Pods that were ready before the first check count as ready for long.
 */
import type { PodModel } from "../pod/pod-model.ts";
import type { LiveState } from "./live-state.ts";
import type { WorkloadSpec } from "./workload-kind.ts";
import { namespacedName } from "../../net/object-ref.ts";

export function isAvailable(pod: PodModel, live: LiveState): boolean {
  return pod.ready && live.warming?.[namespacedName(pod)] === undefined;
}

/** The readiness that waiting uses: a pod that was made not ready by hand is not awaited. */
export function asWaitedFor(
  live: LiveState,
  pods: readonly PodModel[],
): { readonly live: LiveState; readonly pods: readonly PodModel[] } {
  const byHand = (key: string): boolean => live.ready[key] === false;
  const warming = Object.fromEntries(Object.entries(live.warming ?? {}).filter(([key]) => !byHand(key)));
  return {
    live: { ...live, warming },
    pods: pods.map((pod) => (byHand(namespacedName(pod)) ? { ...pod, ready: true } : pod)),
  };
}

function sameTimes(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  const entries = Object.entries(a);
  return entries.length === Object.keys(b).length && entries.every(([key, at]) => b[key] === at);
}

/** The very same state where no pod has become ready, not ready or available since. `now`: milliseconds since the epoch. */
export function warmUp(
  live: LiveState,
  specs: readonly WorkloadSpec[],
  pods: readonly PodModel[],
  now: number,
): LiveState {
  const seconds = new Map(specs.flatMap((spec) => (spec.minReady === undefined ? [] : [[spec.key, spec.minReady]])));
  if (seconds.size === 0 && live.warming === undefined) return live;
  const before = live.warming ?? {};
  const warming: Record<string, number> = {};
  for (const pod of pods) {
    const minReady = seconds.get(`${pod.owner?.kind} ${pod.namespace}/${pod.owner?.name}`);
    const key = namespacedName(pod);
    if (minReady === undefined || live.terminating[key] !== undefined) continue;
    const known = before[key];
    if (!pod.ready) warming[key] = 0;
    else if (known === 0) warming[key] = now + minReady * 1000;
    else if (known !== undefined && known > now) warming[key] = known;
  }
  return sameTimes(before, warming) ? live : { ...live, warming };
}

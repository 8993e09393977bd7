/** How long readiness probes take, as manifests write them. */
import type { PodModel, ReadinessProbe } from "./cluster.ts";

/** Seconds from the start until a probe has said the pod is ready or is not, if it does not change its mind meanwhile. */
function firstWord({ initialDelay, period, timeout, success, failure }: ReadinessProbe): number {
  // A look that takes longer than the period puts off the next one.
  return initialDelay + (success + failure - 2) * Math.max(period, timeout) + timeout;
}

/** Milliseconds until all probes of these pods have said something; 0 where there are none. */
export function probeNeed(pods: readonly Pick<PodModel, "containers">[]): number {
  const all = pods.flatMap(({ containers }) =>
    containers.flatMap(({ readinessProbe }) => (readinessProbe === undefined ? [] : [firstWord(readinessProbe)])),
  );
  return Math.max(0, ...all) * 1000;
}

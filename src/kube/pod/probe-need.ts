/** How long startup and readiness probes take, as manifests write them. */
import type { ContainerModel, PodModel, ReadinessProbe } from "./pod-model.ts";

/** Seconds until probes have a result, if it does not change in the meantime, after the first delay. */
function looks({ period, timeout, success, failure }: ReadinessProbe): number {
  // A probe that takes longer than the period delays the next one.
  return (success + failure - 2) * Math.max(period, timeout) + timeout;
}

/** Seconds from the start until a container is known to be ready or not. The delays of both probes count from its start. */
function firstWord({ startupProbe: first, readinessProbe: next }: ContainerModel): number {
  const started = first === undefined ? 0 : first.initialDelay + looks(first);
  return next === undefined ? started : Math.max(started, next.initialDelay) + looks(next);
}

/** Milliseconds until all probes of these pods have said something; 0 where there are none. */
export function probeNeed(pods: readonly Pick<PodModel, "containers">[]): number {
  return Math.max(0, ...pods.flatMap(({ containers }) => containers.map(firstWord))) * 1000;
}

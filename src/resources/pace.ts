/** What runs, and does not run as it should: stopped, or slow to start. */
import type { Resource } from "./resource.ts";
import { sameSpec } from "./same-spec.ts";

export interface Pace {
  /** It is there and does nothing, as after SIGSTOP. */
  readonly stopped?: boolean | undefined;
  /** Milliseconds from its start until it does anything. */
  readonly slow?: number | undefined;
}

/** Being slow begins with a restart; its end does not. */
export function isRestarted(before: Pace, after: Pace): boolean {
  return after.slow !== undefined && after.slow !== before.slow;
}

/** All that differs can be changed while it runs. */
export function sameButPace<R extends Resource>(before: R, after: R): boolean {
  const none = { stopped: undefined, slow: undefined };
  return sameSpec({ ...before, ...none }, { ...after, ...none });
}

/** --timeout: when a build is cut short, and when checks that are not true yet have failed. */
import { BuildError } from "../errors.ts";

export interface TimeLimit {
  /** For building: aborted by `interrupt`, or with a BuildError when the time is over. */
  readonly signal: AbortSignal;
  /** Ctrl-C alone. */
  readonly interrupt: AbortSignal;
  /** performance.now() at which the time is over. */
  readonly deadline: number | undefined;
}

/** `milliseconds`: from now on; without it there is no limit. */
export function startTimeLimit(interrupt: AbortSignal, milliseconds: number | undefined): TimeLimit {
  if (milliseconds === undefined) return { signal: interrupt, interrupt, deadline: undefined };
  // Not AbortSignal.any(): in Node.js 24 its signal was seen to miss a source that is aborted before a listener is added.
  const building = new AbortController();
  const reason = new BuildError("the time limit was reached while building", [], "raise --timeout");
  setTimeout(() => building.abort(reason), milliseconds).unref();
  interrupt.addEventListener("abort", () => building.abort(interrupt.reason), { once: true });
  return { signal: building.signal, interrupt, deadline: performance.now() + milliseconds };
}

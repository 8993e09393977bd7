/** --timeout: when a build is cut short, and when checks that are not true yet have failed. */

export interface TimeLimit {
  /** For building: aborted by `interrupt`, or when the time is over. */
  readonly signal: AbortSignal;
  /** Ctrl-C alone. */
  readonly interrupt: AbortSignal;
  /** performance.now() at which the time is over. */
  readonly deadline: number | undefined;
}

/** `milliseconds`: from now on; without it there is no limit. */
export function startTimeLimit(interrupt: AbortSignal, milliseconds: number | undefined): TimeLimit {
  if (milliseconds === undefined) return { signal: interrupt, interrupt, deadline: undefined };
  return {
    signal: AbortSignal.any([interrupt, AbortSignal.timeout(milliseconds)]),
    interrupt,
    deadline: performance.now() + milliseconds,
  };
}

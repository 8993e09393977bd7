/** --timeout: one signal for "the user had enough" and "the time is over". */

/** Aborted by `signal` or after `limit` milliseconds, whichever comes first. */
export function limitSignal(signal: AbortSignal, limit: number | undefined): AbortSignal {
  return limit === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(limit)]);
}

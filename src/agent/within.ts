/** Waiting for something, at most this many milliseconds. */
import { setTimeout as sleep } from "node:timers/promises";

/** The promise's value, or `late` when the time is over; what was awaited continues. */
export async function within<T, L>(promise: Promise<T>, milliseconds: number, late: L): Promise<T | L> {
  const timer = new AbortController();
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, sleep(milliseconds, late, { signal: timer.signal }).catch(() => late)]);
  } finally {
    timer.abort();
  }
}

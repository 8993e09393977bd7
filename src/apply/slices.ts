/** Long work on the main thread in slices, so that the agent stays responsive. */
import { setImmediate as breathe } from "node:timers/promises";

/** Milliseconds. */
export const SLICE = 10;

/** To be awaited after each piece of the work: others have their turn when a slice is over. */
export function slices(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < SLICE) return;
    await breathe();
    since = performance.now();
  };
}

/** Whether this machine has more to do than it can do at once. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** More tasks are runnable than there are processors: the number of runnable tasks in /proc/loadavg (proc_loadavg(5)). */
export function isBusy(): boolean {
  try {
    return Number(readFileSync("/proc/loadavg", "utf8").split(" ")[3]?.split("/")[0]) > availableParallelism();
  } catch {
    return false;
  }
}

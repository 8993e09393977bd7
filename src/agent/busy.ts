/** Whether this machine has more to do than it can do at once. */
import { availableParallelism } from "node:os";
import { readIfThere } from "../kernel/read-file.ts";

/** More tasks are runnable than there are processors: the number of runnable tasks in /proc/loadavg (proc_loadavg(5)). */
export function isBusy(): boolean {
  const running = readIfThere("/proc/loadavg")?.split(" ")[3]?.split("/")[0];
  return Number(running) > availableParallelism();
}

/** The end of an agent that does not answer: the kernel releases what it holds, and its record is taken over. */
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, LabError } from "../errors.ts";

/** Milliseconds for the kernel to let go of a lock. */
const LIMIT = 5000;
const PAUSE = 10;

/** `holder`: the process that holds the lab. Returns the pid of the one that was killed; null when no process holds it. */
export async function endAgent(holder: () => number | null): Promise<number | null> {
  const pid = holder();
  if (pid === null) return null;
  process.kill(pid, "SIGKILL");
  const until = performance.now() + LIMIT;
  while (holder() === pid) {
    if (performance.now() > until) {
      throw new LabError("EBUSY", EXIT.buildFailed, `the process with pid ${pid} holds this lab and cannot be killed`, {
        hint: `see what it is waiting for: cat /proc/${pid}/stack`,
      });
    }
    await sleep(PAUSE);
  }
  return pid;
}

/** Which process holds a lab on machines: a file with the pid of its hub. No flock(2): this part also runs on other systems. */
import { closeSync, openSync, readFileSync, rmSync, rmdirSync, writeSync } from "node:fs";
import { lockPath, prepareParent } from "../agent/state-folder.ts";
import { EXIT, LabError } from "../errors.ts";
import { statOf } from "../kernel/process-stat.ts";

/** The pid of the hub that has the lab; null when none does. */
export function hubPid(parent: string, lab: string): number | null {
  let pid: number;
  let startTime: number;
  try {
    [pid = 0, startTime = 0] = readFileSync(lockPath(parent, lab), "utf8").trim().split(" ").map(Number);
  } catch {
    return null;
  }
  return Number.isInteger(pid) && pid > 0 && isHub(pid, startTime) ? pid : null;
}

/** Throws EBUSY with the holder's pid. The file is let go of by releaseHubLock(). */
export function takeHubLock(parent: string, lab: string): void {
  const path = lockPath(parent, lab);
  for (let tries = 0; ; tries++) {
    prepareParent(parent);
    try {
      sayHolder(openSync(path, "wx", 0o600));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const pid = hubPid(parent, lab);
    if (pid !== null || tries > 3) {
      throw new LabError("EBUSY", EXIT.buildFailed, `lab ${lab} is in use by the process with pid ${pid ?? "?"}`, {
        hint: `wait for the other command to finish, or take the lab down: k8snet-lab down ${lab}`,
      });
    }
    rmSync(path, { force: true });
  }
}

export function releaseHubLock(parent: string, lab: string): void {
  rmSync(lockPath(parent, lab), { force: true });
  try {
    rmdirSync(parent);
  } catch {
    // other labs exist
  }
}

/** A pid may have been reused since: where there is a /proc, its start time decides. */
function isHub(pid: number, startTime: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false; // gone, or another user's
  }
  const stat = statOf(pid);
  return stat === undefined || (stat.startTime === startTime && stat.state !== "Z");
}

/** A full disk: the file alone is the lock, and the lab counts as dead until then. */
function sayHolder(fd: number): void {
  try {
    writeSync(fd, `${process.pid} ${statOf(process.pid)?.startTime ?? 0}\n`);
  } catch {
    // see above
  } finally {
    closeSync(fd);
  }
}

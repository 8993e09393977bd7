/** Who has a lab on machines: a file with the pid of its hub. No flock(2): this part also runs where there is no Linux. */
import { closeSync, existsSync, openSync, readFileSync, rmSync, rmdirSync, writeSync } from "node:fs";
import { lockPath, prepareParent } from "../agent/state-folder.ts";
import { EXIT, LabError } from "../errors.ts";

const MARK = "hub";

/** The pid of the hub that has the lab; null when none does. */
export function hubPid(parent: string, lab: string): number | null {
  let pid: number;
  try {
    pid = Number(readFileSync(lockPath(parent, lab), "utf8").trim());
  } catch {
    return null;
  }
  return Number.isInteger(pid) && pid > 0 && isHub(pid) ? pid : null;
}

/** Throws EBUSY with the holder's pid. The file is let go of by releaseHubLock(). */
export function takeHubLock(parent: string, lab: string): void {
  const path = lockPath(parent, lab);
  for (let tries = 0; ; tries++) {
    prepareParent(parent);
    try {
      const fd = openSync(path, "wx", 0o600);
      writeSync(fd, `${process.pid}\n`);
      closeSync(fd);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const pid = hubPid(parent, lab);
    if (pid !== null || tries > 3) {
      throw new LabError("EBUSY", EXIT.buildFailed, `lab ${lab} is in use by the process with pid ${pid ?? "?"}`, {
        hint: `wait until the other command is through, or take the lab down: k8snet-lab down ${lab}`,
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
    // other labs are there
  }
}

/** A pid may have been given to another process since. */
function isHub(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const path = `/proc/${pid}/cmdline`;
  return !existsSync(path) || readFileSync(path, "latin1").includes(MARK);
}

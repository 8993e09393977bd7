/** The lock of a lab, held by its agent for its whole life: the kernel releases it when the agent dies. */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  rmdirSync,
  statSync,
  writeSync,
} from "node:fs";
import { cannotWrite, EXIT, LabError } from "../errors.ts";
import { flock } from "../kernel/libc.ts";
import { entryTrouble, mustBeOwn } from "./own-folder.ts";
import { lockPath, prepareParent } from "./state-folder.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;
const EINTR = 4;

/** Does not follow a link or block on a pipe. */
function openLock(path: string): number {
  if (existsSync(path)) mustBeOwn(entryTrouble(path, "file"));
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  return openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
}

export class LabLock {
  readonly #fd: number;
  readonly #path: string;
  readonly #parent: string;

  private constructor(fd: number, path: string, parent: string) {
    this.#fd = fd;
    this.#path = path;
    this.#parent = parent;
  }

  /** Throws EBUSY with the holder's pid. */
  static acquire(parent: string, lab: string): LabLock {
    const path = lockPath(parent, lab);
    for (;;) {
      prepareParent(parent);
      let fd: number;
      try {
        fd = openLock(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") continue; // the parent was just removed
        throw error instanceof LabError ? error : cannotWrite(path, error);
      }
      let locked = flock(fd, LOCK_EX | LOCK_NB);
      while (locked === -EINTR) locked = flock(fd, LOCK_EX | LOCK_NB);
      if (locked < 0) {
        closeSync(fd);
        throw busy(lab, readFileSync(path, "utf8").trim());
      }
      // The last holder removes the file: the lock is valid only on the file that has the name.
      if (sameFile(fd, path)) {
        ftruncateSync(fd);
        sayHolder(fd);
        return new LabLock(fd, path, parent);
      }
      closeSync(fd);
    }
  }

  /** Released; the file stays as a sign that something is left. */
  release(): void {
    closeSync(this.#fd);
  }

  /** Remove the file while it is still locked, then the folder of all labs when this was the last. */
  remove(): void {
    rmSync(this.#path, { force: true });
    try {
      rmdirSync(this.#parent);
    } catch {
      // other labs exist
    }
    closeSync(this.#fd);
  }
}

/** For people and messages; the lock holds without it (a full disk). */
function sayHolder(fd: number): void {
  try {
    writeSync(fd, `${process.pid}\n`);
  } catch {
    // /proc/locks has the pid too
  }
}

function sameFile(fd: number, path: string): boolean {
  try {
    const [held, named] = [fstatSync(fd), statSync(path)];
    return held.ino === named.ino && held.dev === named.dev;
  } catch {
    return false;
  }
}

function busy(lab: string, pid: string): LabError {
  return new LabError(
    "EBUSY",
    EXIT.buildFailed,
    `lab ${lab} is in use by the agent with pid ${pid === "" ? "?" : pid}`,
    {
      hint: `wait for the other command to finish, or take the lab down: k8snet-lab down ${lab}`,
    },
  );
}

/** Finds processes by network namespace or environment, and kills exactly those and never another with a reused pid. */
import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { constants } from "node:os";
import { close, declare } from "./libc.ts";
import { statOf } from "./process-stat.ts";
import { readIfThere } from "./read-file.ts";

/** A process, identified even if its pid is reused later. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks after boot, field 22 of /proc/PID/stat (proc(5)). */
  readonly startTime: number;
}

export interface ProcessQuery {
  /** Inodes of network namespaces (NetnsHandle.inode). */
  readonly inodes?: ReadonlySet<number> | undefined;
  /** `KEY=value`, as a whole entry of the environment that the process was started with. */
  readonly environment?: string | undefined;
  /** Source of a mount in its mount namespace. */
  readonly mount?: string | undefined;
}

const syscall = declare<[number: number, one: number, two: number, info: null, flags: number]>(
  "int syscall(long number, long one, long two, void *info, unsigned int flags)",
);
/** The same on all architectures (Linux 5.1 and 5.3). */
const SYS_pidfd_send_signal = 424;
const SYS_pidfd_open = 434;
const ESRCH = 3;

/** Processes to which one part of the query applies; not this one, and no zombies. */
export function findProcesses(query: ProcessQuery): ProcessId[] {
  const found: ProcessId[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    if (!inNamespace(pid, query.inodes) && !hasEnvironment(pid, query.environment) && !hasMount(pid, query.mount))
      continue;
    const startTime = startTimeOf(pid);
    if (startTime !== undefined) found.push({ pid, startTime });
  }
  return found;
}

/** True while that very process runs. */
export function isRunning(target: ProcessId): boolean {
  return startTimeOf(target.pid) === target.startTime;
}

/** Start time of a running process; undefined when it is gone or a zombie. */
export function startTimeOf(pid: number): number | undefined {
  const stat = statOf(pid);
  return stat === undefined || stat.state === "Z" || stat.state === "X" ? undefined : stat.startTime;
}

/**
 * Send a signal to exactly that process. The pid is pinned by a pidfd before its start time is compared, so that it
 * cannot be reused in between. False when the process is gone; throws EPERM when it is another user's.
 */
export function signalProcess(target: ProcessId, signal: NodeJS.Signals): boolean {
  const pidfd = syscall(SYS_pidfd_open, target.pid, 0, null, 0);
  if (pidfd < 0) {
    if (pidfd === -ESRCH) return false;
    return isRunning(target) && process.kill(target.pid, signal); // Linux before 5.3
  }
  try {
    if (!isRunning(target)) return false;
    const sent = syscall(SYS_pidfd_send_signal, pidfd, constants.signals[signal], null, 0);
    if (sent === 0) return true;
    if (sent === -ESRCH) return false;
    return process.kill(target.pid, signal); // forbidden to pidfds, or refused: says why
  } finally {
    close(pidfd);
  }
}

/** SIGKILL to each; those that are not ours to kill stay. */
export function kill(targets: readonly ProcessId[]): void {
  for (const target of targets) {
    try {
      signalProcess(target, "SIGKILL");
    } catch {
      // found again by a caller that waits for their end
    }
  }
}

/** Kill everything that is found, and what they start in the meantime, until none is left or time is up. Returns those left. */
export async function killUntilGone(find: () => ProcessId[], timeout: number): Promise<ProcessId[]> {
  const deadline = performance.now() + timeout;
  for (let wait = 1; ; wait = Math.min(wait * 2, 50)) {
    const left = find();
    if (left.length === 0 || performance.now() > deadline) return left;
    kill(left);
    await sleep(wait);
  }
}

export function killProcesses(query: ProcessQuery): Promise<ProcessId[]> {
  return killUntilGone(() => findProcesses(query), 2000);
}

function inNamespace(pid: number, inodes: ReadonlySet<number> | undefined): boolean {
  if (inodes === undefined || inodes.size === 0) return false;
  try {
    return inodes.has(Number(readlinkSync(`/proc/${pid}/ns/net`).slice("net:[".length, -1)));
  } catch {
    return false; // gone, or another user's
  }
}

function hasEnvironment(pid: number, entry: string | undefined): boolean {
  return entry !== undefined && readIfThere(`/proc/${pid}/environ`)?.split("\0").includes(entry) === true;
}

function hasMount(pid: number, source: string | undefined): boolean {
  return source !== undefined && readIfThere(`/proc/${pid}/mountinfo`)?.includes(` ${source} `) === true;
}

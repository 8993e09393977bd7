/** Which processes on this machine belong to a lab, by the namespace that they live in or the id that they carry; and their end. */
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { findProcesses, signalProcess, startTimeOf } from "../kernel/process.ts";
import type { ProcessId } from "../kernel/process.ts";
import { LAB_ID_VARIABLE } from "./spawn.ts";

export interface LabMarks {
  /** Agent ids: in the environment (K8SNET_LAB_ID), and rootless in the name of the private mount on /run. */
  readonly ids: readonly string[];
  /** Inodes of the lab's network namespaces. */
  readonly netns?: ReadonlySet<number> | undefined;
}

/** Name of the tmpfs on /run in a rootless agent's mount namespace. */
export function privateMountName(id: string): string {
  return `k8snet-lab:${id}`;
}

/** Never our own process. What may not be looked into does not belong to the lab. */
export function findLabProcesses(marks: LabMarks): ProcessId[] {
  const found = new Map<number, ProcessId>();
  const take = (one: ProcessId): unknown => found.set(one.pid, one);
  findProcesses({ inodes: marks.netns }).forEach(take);
  for (const id of marks.ids) {
    findProcesses({ environment: `${LAB_ID_VARIABLE}=${id}` }).forEach(take);
    if (process.getuid?.() !== 0) processesWithMount(privateMountName(id)).forEach(take);
  }
  return [...found.values()];
}

/**
 * SIGKILL to all of them, again to what they forked in the meantime, until none is left or `limit` milliseconds are over.
 * Resolves with those that did not go.
 */
export async function killLabProcesses(marks: LabMarks, limit = 3000): Promise<ProcessId[]> {
  const until = performance.now() + limit;
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const left = findLabProcesses(marks);
    if (left.length === 0 || performance.now() > until) return left;
    kill(left);
    await sleep(pause);
  }
}

/** SIGKILL to what lives in these namespaces now; does not wait for it. */
export function killProcessesIn(netns: ReadonlySet<number>): void {
  kill(findProcesses({ inodes: netns }));
}

function kill(targets: readonly ProcessId[]): void {
  for (const target of targets) {
    try {
      signalProcess(target, "SIGKILL");
    } catch {
      // not ours to kill: found again, and reported in the end
    }
  }
}

function processesWithMount(name: string): ProcessId[] {
  const found: ProcessId[] = [];
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${pid}/mountinfo`, "utf8").includes(` ${name} `)) continue;
    } catch {
      continue; // gone, or another user's
    }
    const startTime = startTimeOf(pid);
    if (startTime !== undefined) found.push({ pid, startTime });
  }
  return found;
}

/** Which processes on this machine belong to a lab, by the namespace that they live in or the id that they carry; and their end. */
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

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

/** Process ids. Never our own. What may not be looked into is not the lab's. */
export function findProcesses(marks: LabMarks): number[] {
  const found: number[] = [];
  const variables = marks.ids.map((id) => Buffer.from(`K8SNET_LAB_ID=${id}\0`));
  const mounts = marks.ids.map(privateMountName);
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    if (livesIn(pid, marks.netns) || carries(pid, variables) || mounted(pid, mounts)) found.push(pid);
  }
  return found;
}

/**
 * SIGKILL to all of them, again for what they forked meanwhile, until none is left or `limit` milliseconds are over.
 * Resolves with those that did not go.
 */
export async function killProcesses(marks: LabMarks, limit = 3000): Promise<number[]> {
  const until = performance.now() + limit;
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const left = findProcesses(marks);
    if (left.length === 0 || performance.now() > until) return left;
    kill(left);
    await sleep(pause);
  }
}

/** SIGKILL to what lives in these namespaces now; does not wait for it. */
export function killProcessesIn(netns: ReadonlySet<number>): void {
  kill(findProcesses({ ids: [], netns }));
}

function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // gone already
    }
  }
}

function livesIn(pid: number, netns: ReadonlySet<number> | undefined): boolean {
  if (netns === undefined || netns.size === 0) return false;
  try {
    const inode = /^net:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[1];
    return inode !== undefined && netns.has(Number(inode));
  } catch {
    return false;
  }
}

function carries(pid: number, variables: readonly Buffer[]): boolean {
  if (variables.length === 0) return false;
  try {
    const environment = readFileSync(`/proc/${pid}/environ`);
    return variables.some((variable) => environment.includes(variable));
  } catch {
    return false;
  }
}

function mounted(pid: number, names: readonly string[]): boolean {
  if (names.length === 0 || process.getuid?.() === 0) return false;
  try {
    const text = readFileSync(`/proc/${pid}/mountinfo`, "utf8");
    return names.some((name) => text.includes(` ${name} `));
  } catch {
    return false;
  }
}

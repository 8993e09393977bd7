/** Where labs keep their state on this machine, and who holds which lab: PARENT/LAB, PARENT/LAB.lock, PARENT/LAB/agent.sock. */
import { lstatSync, mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { HostError } from "../errors.ts";

/** Longest path of a Unix socket, see unix(7). */
const SOCKET_PATH_LIMIT = 107;
const LONGEST_NAME = 40;

/** The folder of all labs of this user: /run/k8snet-lab, $XDG_RUNTIME_DIR/k8snet-lab or /tmp/k8snet-lab-UID. */
export function stateParent(): string {
  const uid = process.getuid?.() ?? 0;
  if (uid === 0) return "/run/k8snet-lab";
  const runtime = process.env["XDG_RUNTIME_DIR"];
  if (runtime !== undefined && runtime.startsWith("/") && isOwnFolder(runtime, uid)) {
    const parent = `${runtime}/k8snet-lab`;
    if (parent.length + LONGEST_NAME + "/agent.sock".length + 1 <= SOCKET_PATH_LIMIT) return parent;
  }
  return `/tmp/k8snet-lab-${uid}`;
}

/** Make the parent when it is not there; throws HostError when somebody else has it. */
export function prepareParent(parent: string): void {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const uid = process.getuid?.() ?? 0;
  if (isOwnFolder(parent, uid) && (lstatSync(parent).mode & 0o077) === 0) return;
  throw new HostError(
    `${parent} is not a folder that only you can open`,
    `look at it (ls -ld ${parent}) and remove it, or make it yours: chown ${uid} ${parent} && chmod 700 ${parent}`,
  );
}

export function labFolder(parent: string, lab: string): string {
  return `${parent}/${lab}`;
}
export function lockPath(parent: string, lab: string): string {
  return `${parent}/${lab}.lock`;
}
export function socketPath(parent: string, lab: string): string {
  return `${parent}/${lab}/agent.sock`;
}
export function agentLogPath(parent: string, lab: string): string {
  return `${parent}/${lab}/agent.log`;
}
export function journalPath(parent: string, lab: string): string {
  return `${parent}/${lab}/journal.jsonl`;
}

/** Names of all labs that left a folder or a lock. */
export function recordedLabs(parent: string): string[] {
  let names: string[];
  try {
    names = readdirSync(parent);
  } catch {
    return [];
  }
  return [...new Set(names.filter((name) => !name.startsWith(".")).map((name) => name.replace(/\.lock$/, "")))].sort();
}

/** The process that holds the lab's lock, by /proc/locks (see proc_locks(5)); null when none does. */
export function lockHolder(parent: string, lab: string): number | null {
  try {
    const { ino } = statSync(lockPath(parent, lab));
    for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
      const match = /^\d+: FLOCK\s+\S+\s+WRITE\s+(-?\d+)\s+\w+:\w+:(\d+)\s/.exec(line);
      if (match !== null && Number(match[2]) === ino) return Number(match[1]);
    }
  } catch {
    // no lock file
  }
  return null;
}

function isOwnFolder(path: string, uid: number): boolean {
  try {
    const stat = lstatSync(path);
    return stat.isDirectory() && stat.uid === uid;
  } catch {
    return false;
  }
}

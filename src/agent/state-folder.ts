/** Where labs keep their state on this machine, and which process holds which lab: PARENT/LAB, PARENT/LAB.lock, PARENT/LAB/agent.sock. */
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { HostError } from "../errors.ts";
import { entryTrouble, folderTrouble, isOwnFolder, mustBeOwn } from "./own-folder.ts";
import { ROOT_PARENT } from "./state-parent.ts";

/** Longest path of a Unix socket, see unix(7). */
const SOCKET_PATH_LIMIT = 107;
const LONGEST_NAME = 40;
/** A DNS label of at most 40 characters; it becomes part of paths. */
const LAB_NAME = /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/;
/** Files of a lab's folder that are read by their names. */
const FILES = ["journal.jsonl", "record.json", "lab.json", "agent.log"] as const;

/** The folder of all labs of this user: /run/k8snet-lab, $XDG_RUNTIME_DIR/k8snet-lab or /tmp/k8snet-lab-UID. */
export function stateParent(): string {
  const uid = process.getuid?.() ?? 0;
  // macOS has no /run, and nothing can be made at its root.
  if (uid === 0 && process.platform === "linux") return ROOT_PARENT;
  const runtime = process.env["XDG_RUNTIME_DIR"];
  if (runtime !== undefined && runtime.startsWith("/") && isOwnFolder(runtime)) {
    const parent = `${runtime}/k8snet-lab`;
    if (parent.length + LONGEST_NAME + "/agent.sock".length + 1 <= SOCKET_PATH_LIMIT) return parent;
  }
  return `/tmp/k8snet-lab-${uid}`;
}

/** Creates the parent if it does not exist; throws HostError if that fails, or if others may write to it. */
export function prepareParent(parent: string): void {
  for (const path of [dirname(parent), parent]) {
    if (existsSync(path)) continue;
    try {
      mkdirSync(path, { mode: path === parent ? 0o700 : 0o755 });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // A link that leads nowhere, or someone was faster: looked at below.
      if (code === "EEXIST") continue;
      const there = dirname(path);
      throw new HostError(
        `cannot create the folder for labs: ${message}`,
        `${there} must be writable by you (ls -ld ${there}) and have room (df -h ${there}; df -i ${there})`,
        error,
      );
    }
  }
  mustBeOwn(folderTrouble(parent));
}

export function isLabName(text: string): boolean {
  return LAB_NAME.test(text);
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

/** Names of all labs that left a folder or a lock. Throws HostError when others may write to the folder of all labs. */
export function recordedLabs(parent: string): string[] {
  let names: string[];
  try {
    mustBeOwn(folderTrouble(parent));
    names = readdirSync(parent);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return [...new Set(names.map((name) => name.replace(/\.lock$/, "")).filter(isLabName))].sort();
}

/** What is wrong with the files at the paths of a lab's lock, folder, socket and files; undefined when nothing is. None is opened. */
export function labTrouble(parent: string, lab: string): string | undefined {
  const folder = labFolder(parent, lab);
  const looks = [
    () => entryTrouble(lockPath(parent, lab), "file"),
    () => folderTrouble(folder),
    () => entryTrouble(socketPath(parent, lab), "socket"),
    ...FILES.map((name) => () => entryTrouble(`${folder}/${name}`, "file")),
  ];
  for (const look of looks) {
    try {
      const trouble = look();
      if (trouble !== undefined) return trouble;
    } catch {
      // not there
    }
  }
  return undefined;
}

/** Throws HostError, before anything of the lab is opened, when something else is at the path of a part of it. */
export function mustBeIntact(parent: string, lab: string): void {
  if (!existsSync(parent)) return;
  mustBeOwn(folderTrouble(parent));
  const trouble = labTrouble(parent, lab);
  if (trouble === undefined) return;
  throw new HostError(
    `${trouble}; lab ${lab} is left as it is`,
    `look at it (ls -la), remove it or correct its owner and mode, then take down what is left: k8snet-lab down ${lab}`,
  );
}

/**
 * The process that holds the lab's lock, by /proc/locks (see proc_locks(5)); null when none does. Inodes are unique within a
 * file system only, and what is called its device there may differ from stat(2)'s (btrfs, overlay): with several matches it is the
 * one on that device, else the one that the file names.
 */
export function lockHolder(parent: string, lab: string): number | null {
  try {
    const path = lockPath(parent, lab);
    const found = lstatSync(path);
    if (!found.isFile()) return null;
    const { ino, dev } = found;
    const device = `${hex(dev >>> 8)}:${hex(dev & 0xff)}`;
    const holders: { readonly pid: number; readonly device: string }[] = [];
    for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
      const match = /^\d+: FLOCK\s+\S+\s+WRITE\s+(-?\d+)\s+(\w+:\w+):(\d+)\s/.exec(line);
      if (match !== null && Number(match[3]) === ino) holders.push({ pid: Number(match[1]), device: match[2] ?? "" });
    }
    const named = Number(readFileSync(path, "utf8"));
    return (holders.find((one) => one.device === device) ?? holders.find(({ pid }) => pid === named))?.pid ?? null;
  } catch {
    return null; // no lock file
  }
}

function hex(number: number): string {
  return number.toString(16).padStart(2, "0");
}

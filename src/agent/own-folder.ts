/**
 * Whether a path of our state is ours alone: anyone may have made a folder, link, pipe or socket of that name in /tmp
 * before us. Nothing is opened or connected to before its owner and mode, and those of all folders above it, are known.
 */
import { lstatSync, readFileSync, realpathSync, statSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { HostError } from "../errors.ts";

const STICKY = 0o1000;
const BY_OTHERS = 0o022;
const NOT_PRIVATE = 0o077;

const WANTED = { file: "a file of yours", folder: "a folder of yours", socket: "a socket" } as const;

/** What is wrong with a folder that only its user may open; undefined when nothing is. Throws ENOENT. */
export function folderTrouble(path: string): string | undefined {
  const found = lstatSync(path);
  const trouble = entryTrouble(path, "folder", found);
  if (trouble !== undefined) return trouble;
  if ((found.mode & NOT_PRIVATE) !== 0) return `${path} can be opened by others (mode ${modeOf(found)})`;
  return roadTrouble(dirname(path));
}

/** What is wrong with something in a folder of ours; undefined when nothing is. A pipe in its place would block. Throws ENOENT. */
export function entryTrouble(path: string, wanted: keyof typeof WANTED, found = lstatSync(path)): string | undefined {
  const is = { file: found.isFile(), folder: found.isDirectory(), socket: found.isSocket() };
  if (!is[wanted]) return `${path} is ${kindOf(found)}, not ${WANTED[wanted]}`;
  return found.uid === ownUid() ? undefined : `${path} belongs to ${nameOf(found.uid)}`;
}

/** As folderTrouble(), for a socket to which only its user may connect. Throws ENOENT. */
export function socketTrouble(path: string): string | undefined {
  const trouble = folderTrouble(dirname(path));
  if (trouble !== undefined) return trouble;
  const found = lstatSync(path);
  return (
    entryTrouble(path, "socket", found) ??
    ((found.mode & BY_OTHERS) === 0 ? undefined : `${path} is open to others (mode ${modeOf(found)})`)
  );
}

/** A folder owned by this user; others may be able to read it. */
export function isOwnFolder(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === ownUid();
}

/** Throws HostError with what can be done about it. */
export function mustBeOwn(trouble: string | undefined): void {
  if (trouble === undefined) return;
  throw new HostError(
    `${trouble}; it is not used, because another user may have put it there`,
    process.getuid?.() === 0
      ? "look at it (ls -la), then remove it or correct its owner and mode (chown root, chmod 700)"
      : "if it is yours, correct its mode (chmod 700) or remove it; otherwise have root remove it, or keep labs elsewhere: mkdir -m 700 ~/.k8snet-lab; export XDG_RUNTIME_DIR=~/.k8snet-lab",
  );
}

/** Ourselves and root. */
export function trustedUids(): ReadonlySet<number> {
  return new Set([ownUid(), 0, ...unmappedRoot()]);
}

/** A folder on the way in which others may rename or replace what is below it; undefined when there is none. */
function roadTrouble(folder: string): string | undefined {
  const trusted = trustedUids();
  for (let path = realpathSync(folder); ; path = dirname(path)) {
    const found = lstatSync(path);
    if (!trusted.has(found.uid)) return `${path} belongs to ${nameOf(found.uid)}`;
    if ((found.mode & BY_OTHERS) !== 0 && (found.mode & STICKY) === 0)
      return `${path} can be written by others and is not sticky (mode ${modeOf(found)})`;
    if (path === dirname(path)) return undefined;
  }
}

/** How root of the host looks from inside of a user namespace that does not have it, see user_namespaces(7). */
function unmappedRoot(): number[] {
  try {
    const [inside, outside, count] = readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/).map(Number);
    if (inside === 0 && outside === 0 && count === 0xffffffff) return [];
    return [Number(readFileSync("/proc/sys/kernel/overflowuid", "utf8"))];
  } catch {
    return []; // no Linux
  }
}

function ownUid(): number {
  return process.getuid?.() ?? 0;
}

function nameOf(uid: number): string {
  return uid === 0 ? "root" : `another user (uid ${uid})`;
}

function modeOf({ mode }: Stats): string {
  return (mode & 0o7777).toString(8);
}

function kindOf(found: Stats): string {
  if (found.isSymbolicLink()) return "a symbolic link";
  if (found.isFIFO()) return "a named pipe";
  if (found.isSocket()) return "a socket";
  if (found.isDirectory()) return "a folder";
  return found.isFile() ? "a file" : "a device";
}

/**
 * Network namespaces: make, open, enter, remove; named as ip-netns(8) names them, under /run/netns.
 *
 * setns(2) is per thread. enter() goes in, runs a synchronous function and comes back before it returns, so nothing
 * that is awaited ever runs inside. Everything made inside keeps the namespace: sockets, spawned children
 * (the fork happens on this thread), files under /proc/sys/net that are opened inside.
 */
import { addTo } from "../append.ts";
import { spawnSync } from "node:child_process";
import { closeSync, fstatSync, mkdirSync, openSync, statfsSync, unlinkSync } from "node:fs";
import { CLONE_NEWNET, MNT_DETACH, MS_BIND, mount, must, setns, umount2, unshare } from "./libc.ts";
import { cookieHere } from "./netns-cookie.ts";

export const NETNS_FOLDER = "/run/netns";

/** An open network namespace. */
export interface NetnsHandle {
  readonly name: string;
  readonly fd: number;
  /** Inode of the namespace: equals that of /proc/PID/ns/net of every process in it. */
  readonly inode: number;
}

/**
 * Inodes of namespaces are reused as soon as one is gone; cookies never are, until the machine reboots
 * (SO_NETNS_COOKIE, since Linux 5.14; absent before). Decimal.
 */
export interface NetnsIdentity {
  readonly inode: number;
  readonly cookie?: string | undefined;
}

/** The namespace that this thread belongs to when it is not inside enter(). */
let home: number | undefined;

function homeFd(): number {
  home ??= openSync("/proc/thread-self/ns/net", "r");
  return home;
}

/** Create the file that a namespace is mounted on, and the folder when it is the first. */
function openNew(path: string): number {
  try {
    return openSync(path, "wx", 0o444);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    mkdirSync(NETNS_FOLDER, { recursive: true, mode: 0o755 });
    return openSync(path, "wx", 0o444);
  }
}

/** Called with the namespace before it gets a name. */
type Announce = (identity: NetnsIdentity) => void;

/**
 * Make a named namespace and open it. Throws EEXIST (from open) when the name is taken. The namespace exists, without a name,
 * before the name does: a process killed in between leaves nothing that could be mistaken for another's.
 */
export function createNetns(name: string, announce?: Announce): NetnsHandle {
  const back = homeFd();
  let fd: number;
  must("unshare", unshare(CLONE_NEWNET));
  try {
    fd = openSync("/proc/thread-self/ns/net", "r");
    announce?.({ inode: fstatSync(fd).ino, cookie: cookieHere() });
  } finally {
    must("setns", setns(back, CLONE_NEWNET));
  }
  try {
    nameNetns(name, fd);
  } finally {
    closeSync(fd);
  }
  return openNetns(name);
}

/** Give the namespace of this process a name: ip-netns and nsenter find it. Throws EEXIST (from open) when the name is taken. */
export function nameOwnNetns(name: string, announce?: Announce): NetnsHandle {
  announce?.(identityOf(ownNetns()));
  nameNetns(name, homeFd());
  return openNetns(name);
}

function nameNetns(name: string, fd: number): void {
  const path = `${NETNS_FOLDER}/${name}`;
  closeSync(openNew(path));
  try {
    must("mount", mount(`/proc/self/fd/${fd}`, path, "none", MS_BIND, null), path);
  } catch (error) {
    unlinkSync(path);
    throw error;
  }
}

/** Which namespace it is, whatever it is called. */
export function identityOf(handle: NetnsHandle): NetnsIdentity {
  return { inode: handle.inode, cookie: enterNetns(handle, cookieHere) };
}

/** True when the name is now that namespace's; undefined when there is no namespace of that name. */
export function isNamed(name: string, identity: NetnsIdentity | undefined): boolean | undefined {
  const handle = findNetns(name);
  if (handle === undefined) return undefined;
  try {
    if (identity === undefined || handle.inode !== identity.inode) return false;
    return identity.cookie === undefined || identity.cookie === identityOf(handle).cookie;
  } finally {
    closeNetns(handle);
  }
}

/** A handle of the namespace that this process lives in. */
export function ownNetns(): NetnsHandle {
  const fd = openSync("/proc/thread-self/ns/net", "r");
  return { name: "own", fd, inode: fstatSync(fd).ino };
}

/** Magic number of nsfs, where namespaces are files (linux/magic.h). */
const NSFS_MAGIC = 0x6e736673;

/** Open a named namespace. Throws ENOENT when there is none, or only the plain file of one that was never mounted. */
export function openNetns(name: string): NetnsHandle {
  const path = `${NETNS_FOLDER}/${name}`;
  const fd = openSync(path, "r");
  if (statfsSync(path).type !== NSFS_MAGIC) {
    closeSync(fd);
    throw Object.assign(new Error(`ENOENT: ${path} is not a namespace but a plain file`), { code: "ENOENT" });
  }
  return { name, fd, inode: fstatSync(fd).ino };
}

/** As openNetns(); undefined when there is none. Throws when that cannot be determined (EMFILE): that is not "gone". */
export function findNetns(name: string): NetnsHandle | undefined {
  try {
    return openNetns(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A namespace without a name: gone as soon as it is closed, also when this process is killed. */
export function createAnonymousNetns(): NetnsHandle {
  const back = homeFd();
  must("unshare", unshare(CLONE_NEWNET));
  try {
    const fd = openSync("/proc/thread-self/ns/net", "r");
    return { name: "anonymous", fd, inode: fstatSync(fd).ino };
  } finally {
    must("setns", setns(back, CLONE_NEWNET));
  }
}

/** What is open inside a namespace and must be closed with it, or the kernel keeps the namespace. */
const closers = new WeakMap<NetnsHandle, (() => void)[]>();
const closed = new WeakSet<NetnsHandle>();

/** Have `close` called by closeNetns(). */
export function onCloseNetns(handle: NetnsHandle, close: () => void): void {
  addTo(closers, handle, close);
}

/** Close the namespace and all that was opened through onCloseNetns(). A second call does nothing. */
export function closeNetns(handle: NetnsHandle): void {
  if (closed.has(handle)) return;
  closed.add(handle);
  deferred.delete(handle);
  for (const close of closers.get(handle) ?? []) close();
  closers.delete(handle);
  closeSync(handle.fd);
}

/** Work to be done in a namespace before anything else: see deferInNetns(). */
const deferred = new Map<NetnsHandle, (() => void)[]>();
let settling: NodeJS.Timeout | undefined;
/** Milliseconds after the last deferInNetns() when all pending work is done, even if the namespace has not been used. */
const SETTLE_AFTER = 20;

/**
 * Put work off until the namespace is used: by enterNetns(), rtnlOf(), flushNetns(), or else 20 ms after the last call.
 * Work that throws stays pending, and the next use of the namespace gets the error.
 */
export function deferInNetns(handle: NetnsHandle, work: () => void): void {
  addTo(deferred, handle, work);
  settling ??= setTimeout(() => {
    settling = undefined;
    for (const namespace of deferred.keys()) {
      try {
        flushNetns(namespace);
      } catch {
        // still pending: reported to the next user of the namespace
      }
    }
  }, SETTLE_AFTER);
  settling.refresh();
}

/** Do the pending work of a namespace, or of all. */
export function flushNetns(handle?: NetnsHandle): void {
  if (handle === undefined) {
    for (const namespace of deferred.keys()) flushNetns(namespace);
    return;
  }
  const list = deferred.get(handle);
  for (let work = list?.[0]; work !== undefined; work = list?.[0]) {
    work();
    list?.shift();
  }
  deferred.delete(handle);
}

/** Run `inside` in the namespace. It must not return a promise: what it awaits would run outside. */
export function enterNetns<T>(handle: NetnsHandle, inside: () => T): T {
  if (deferred.has(handle)) flushNetns(handle);
  const back = homeFd();
  must("setns", setns(handle.fd, CLONE_NEWNET), handle.name);
  try {
    return inside();
  } finally {
    must("setns", setns(back, CLONE_NEWNET));
  }
}

/** Unmount and remove the name; the namespace goes when nothing holds it any more. Does nothing when it is gone. */
export function removeNetns(name: string): void {
  const path = `${NETNS_FOLDER}/${name}`;
  umount2(path, MNT_DETACH); // fails with EINVAL when it is a plain file left by a kill between open and mount
  try {
    unlinkSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EBUSY") removeBuried(name);
    else if (code !== "ENOENT") throw error;
  }
}

/** $1 the folder, $2 the name. In a mount namespace of its own, layer by layer, until the file itself can be removed. */
const DIG = `
for layer in 1 2 3 4 5 6 7 8; do
  umount -l "$1/$2" 2>/dev/null
  rm "$1/$2" 2>/dev/null && exit 0
  umount -l "$1" || exit 1
done
exit 1
`;

/**
 * The first `ip netns add` after boot mounts the folder over itself, with all that is in it: a namespace made before is
 * then mounted twice, and the lower mount, which no path reaches, keeps the file from being removed. Removed from
 * another mount namespace, the file takes its mounts in all of them with it (since Linux 3.18).
 */
function removeBuried(name: string): void {
  const { status, stderr } = spawnSync(
    "unshare",
    ["--mount", "--propagation", "private", "--", "sh", "-c", DIG, "sh", NETNS_FOLDER, name],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`${NETNS_FOLDER}/${name} cannot be removed: ${stderr.trim()}`);
}

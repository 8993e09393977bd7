/**
 * Network namespaces: make, open, enter, remove; named as ip-netns(8) names them, under /run/netns.
 *
 * setns(2) is per thread. enter() goes in, runs a synchronous function and comes back before it returns, so nothing
 * that is awaited ever runs inside. Everything made inside keeps the namespace: sockets, spawned children
 * (the fork happens on this thread), files under /proc/sys/net that are opened inside.
 */
import { closeSync, mkdirSync, openSync, statSync, unlinkSync } from "node:fs";
import { CLONE_NEWNET, MNT_DETACH, MS_BIND, mount, must, setns, umount2, unshare } from "./libc.ts";

export const NETNS_FOLDER = "/run/netns";

/** An open network namespace. */
export interface NetnsHandle {
  readonly name: string;
  readonly fd: number;
  /** Inode of the namespace: equals that of /proc/PID/ns/net of every process in it. */
  readonly inode: number;
}

/** The namespace that this thread belongs to when it is not inside enter(). */
let home: number | undefined;

function homeFd(): number {
  home ??= openSync("/proc/thread-self/ns/net", "r");
  return home;
}

/** Make a named namespace and open it. Throws EEXIST (from open) when the name is taken. */
export function createNetns(name: string): NetnsHandle {
  const back = homeFd();
  mkdirSync(NETNS_FOLDER, { recursive: true, mode: 0o755 });
  const path = `${NETNS_FOLDER}/${name}`;
  closeSync(openSync(path, "wx", 0o444));
  try {
    must("unshare", unshare(CLONE_NEWNET));
    try {
      must("mount", mount("/proc/thread-self/ns/net", path, "none", MS_BIND, null), path);
    } finally {
      must("setns", setns(back, CLONE_NEWNET));
    }
  } catch (error) {
    unlinkSync(path);
    throw error;
  }
  return openNetns(name);
}

/** Open a named namespace. Throws ENOENT when there is none. */
export function openNetns(name: string): NetnsHandle {
  const fd = openSync(`${NETNS_FOLDER}/${name}`, "r");
  return { name, fd, inode: statSync(`${NETNS_FOLDER}/${name}`).ino };
}

export function closeNetns(handle: NetnsHandle): void {
  closeSync(handle.fd);
}

/** Run `inside` in the namespace. It must not return a promise: what it awaits would run outside. */
export function enterNetns<T>(handle: NetnsHandle, inside: () => T): T {
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
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

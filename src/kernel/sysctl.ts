/** sysctls of a network namespace: the part of /proc/sys that each namespace has for itself. */
import { closeSync, constants, openSync, readFileSync, writeFileSync } from "node:fs";
import { enterNetns } from "./netns.ts";
import type { NetnsHandle } from "./netns.ts";

/**
 * The file under /proc/sys. As sysctl(8): the first separator decides; in the dotted form a slash stands for a dot
 * within a name. Only `net.` may be touched: everything else is the host's.
 */
export function sysctlPath(key: string): string {
  const slashed = /^[^./]*\//.test(key);
  const path = slashed ? key : key.replace(/[./]/g, (separator) => (separator === "." ? "/" : "."));
  const parts = path.split("/");
  if (parts[0] !== "net") {
    throw new Error(`sysctl ${key} is not one of a network namespace: it would change the host; only net.* can be set`);
  }
  if (parts.length < 2 || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw new Error(`sysctl ${key} is not a valid name; write it like net.ipv4.ip_forward`);
  }
  return `/proc/sys/${path}`;
}

/** The values, by key as given; keys that cannot be read are left out. */
export function readSysctls(netns: NetnsHandle, keys: readonly string[]): Record<string, string> {
  return keys.length === 0 ? {} : enterNetns(netns, () => readOwnSysctls(keys));
}

/** Those of the namespace that this process lives in. */
export function readOwnSysctls(keys: readonly string[]): Record<string, string> {
  using folders = new OpenFolders();
  const values: Record<string, string> = {};
  for (const key of keys) {
    try {
      values[key] = readValue(folders.path(sysctlPath(key)));
    } catch {
      // missing, or not readable: the caller sees that the key is missing
    }
  }
  return values;
}

/**
 * Each namespace has folders of its own below /proc/sys/net, which the kernel keeps in one list under the same name
 * (proc_sys_compare() of fs/proc/proc_sysctl.c): with thousands of namespaces, one way through them takes as long as reading
 * dozens of files. Hence it is gone once for each folder.
 */
class OpenFolders implements Disposable {
  readonly #open = new Map<string, number>();

  /** The same file by the open folder. Throws the error of open(2). */
  path(path: string): string {
    // /proc/sys/net/ipv4: what is further below is in that one alone.
    const end = path.indexOf("/", "/proc/sys/net/".length);
    if (end < 0) return path;
    const folder = path.slice(0, end);
    const fd = this.#open.get(folder) ?? openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    this.#open.set(folder, fd);
    return `/proc/self/fd/${fd}${path.slice(end)}`;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open.values()) closeSync(fd);
  }
}

/** False where the kernel has no such sysctl in this namespace, or it is read-only there. */
export function canWriteSysctl(netns: NetnsHandle, key: string): boolean {
  const path = sysctlPath(key);
  return enterNetns(netns, () => {
    try {
      closeSync(openSync(path, "r+"));
      return true;
    } catch {
      return false;
    }
  });
}

/** Write and read back: some are refused silently, most of all without root. */
export function writeSysctl(netns: NetnsHandle, key: string, value: string): void {
  const path = sysctlPath(key);
  const now = enterNetns(netns, () => {
    try {
      writeFileSync(path, value, { flag: "r+" });
    } catch (error) {
      throw explain(error, key, value, netns);
    }
    return readValue(path);
  });
  if (!sameValue(now, value)) {
    throw new Error(
      `sysctl ${key}=${value} in ${netns.name}: the kernel took it without an error but has ${now}; if that means the same, write it that way`,
    );
  }
}

/** Equal as sysctl values: white space between several numbers does not count, nor how a number is written. */
export function sameValue(one: string, other: string): boolean {
  const words = (text: string): string => text.trim().split(/\s+/).map(normalNumber).join(" ");
  return words(one) === words(other);
}

function normalNumber(word: string): string {
  return /^(0x[0-9a-f]+|-?\d+)$/i.test(word) ? String(Number(word)) : word;
}

function readValue(path: string): string {
  return readFileSync(path, "latin1").trim().replace(/\s+/g, " ");
}

function explain(error: unknown, key: string, value: string, netns: NetnsHandle): Error {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  const why: Record<string, string> = {
    ENOENT: "this kernel, or this namespace, has no such sysctl",
    EINVAL: "the kernel does not accept this value",
    EACCES: "not permitted; a rootless lab cannot set it",
    EPERM: "not permitted; a rootless lab cannot set it",
  };
  return new Error(`sysctl ${key}=${value} in ${netns.name}: ${why[code] ?? "refused"} (${code})`, { cause: error });
}

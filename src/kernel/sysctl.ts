/** sysctls of a network namespace: the part of /proc/sys that each namespace has for itself. */
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { close, openat, read } from "./libc.ts";
import { enterNetns, type NetnsHandle } from "./netns.ts";
import { ownProc } from "./own-proc.ts";

const PROC = "/proc";
const NET = "/proc/sys/net/";
const AT_FDCWD = -100;
const O_CLOEXEC = 0o2000000;
const OPEN_FILE = constants.O_RDONLY | O_CLOEXEC;
const OPEN_FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | O_CLOEXEC;
const NEWLINE = 10;
/** No value is longer. */
const content = Buffer.alloc(4096);

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
  const files = new Map<string, number>();
  for (const key of keys) {
    const { folder } = partsOf(key);
    files.set(folder, (files.get(folder) ?? 0) + 1);
  }
  for (const key of keys) {
    const { folder, name } = partsOf(key);
    // Missing, or not readable: the caller sees that the key is missing.
    const value = folders.read(folder, name, files.get(folder) === 1);
    if (value !== undefined) values[key] = value;
  }
  return values;
}

interface Parts {
  readonly folder: string;
  readonly name: string;
}

const known = new Map<string, Parts>();
const MOST_KNOWN = 4096;

/** Thousands of namespaces have the same keys; those of devices are many. */
function partsOf(key: string): Parts {
  let parts = known.get(key);
  if (parts === undefined) {
    const path = sysctlPath(key);
    const end = path.lastIndexOf("/");
    parts = { folder: path.slice(0, end), name: path.slice(end + 1) };
    if (known.size === MOST_KNOWN) known.clear();
    known.set(key, parts);
  }
  return parts;
}

/**
 * Where it has to be /proc (own-proc.ts), the long way to a folder is gone once; and thousands of namespaces have dozens of files each:
 * straight system calls take half the time of node:fs.
 */
class OpenFolders implements Disposable {
  readonly #folders = new Map<string, number>();
  readonly #proc = ownProc();

  /** `alone`: no other file of the folder is read, so that it is not worth opening. */
  read(folder: string, name: string, alone: boolean): string | undefined {
    const fd = alone ? this.#open(`${folder}/${name}`, OPEN_FILE) : openat(this.#folder(folder), name, OPEN_FILE);
    if (fd < 0) return undefined;
    const length = read(fd, content, content.length);
    close(fd);
    if (length < 0) return undefined;
    // Most are one digit.
    return length === 2 && content[1] === NEWLINE
      ? String.fromCharCode(content[0] ?? 0)
      : plain(content.toString("latin1", 0, length));
  }

  #folder(path: string): number {
    let fd = this.#folders.get(path);
    if (fd === undefined) this.#folders.set(path, (fd = this.#open(path, OPEN_FOLDER)));
    return fd;
  }

  #open(path: string, flags: number): number {
    // /proc/sys/net/ipv4: what is further below is found from there.
    const base = path.indexOf("/", NET.length);
    return base < 0 || (flags === OPEN_FILE && !this.#folders.has(path.slice(0, base)))
      ? openat(AT_FDCWD, this.#proc + path.slice(PROC.length), flags)
      : openat(this.#folder(path.slice(0, base)), path.slice(base + 1), flags);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#folders.values()) if (fd >= 0) close(fd);
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
  const path = ownProc() + sysctlPath(key).slice(PROC.length);
  const now = enterNetns(netns, () => {
    let fd: number | undefined;
    try {
      fd = openSync(path, "r+");
      writeSync(fd, value);
      return plain(content.toString("latin1", 0, readSync(fd, content, 0, content.length, 0)));
    } catch (error) {
      throw explain(error, key, value, netns);
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
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

function plain(text: string): string {
  return text.trim().replace(/\s+/g, " ");
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

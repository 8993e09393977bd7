/**
 * Starts short-lived tools by posix_spawn(3): it shares memory until the program runs, where Node's own spawn copies the page
 * tables of an agent first (8 ms at 200 MB). Input and output are files in memory, so that nothing has to be pumped.
 */
import { closeSync, fstatSync, readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { declare, must, SyscallError } from "./libc.ts";

/** POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK, <spawn.h>, the same in glibc and musl. */
const FLAGS = 0x02 | 0x04 | 0x08;
const MFD_CLOEXEC = 1;
const O_CLOEXEC = 0o2000000;
const EINTR = 4;
/** More than any libc's posix_spawn_file_actions_t, posix_spawnattr_t and sigset_t need. */
const OPAQUE = 1024;
/** Bytes of input or output at a time. */
const PIECE = 64 * 1024;

const spawn = declare<[Uint8Array, string, Uint8Array, Uint8Array, (string | null)[], (string | null)[]]>(
  "int posix_spawn(void *pid, const char *path, const void *actions, const void *attr, const char **argv, const char **envp)",
);
const initActions = declare<[Uint8Array]>("int posix_spawn_file_actions_init(void *actions)");
const addDup2 = declare<[Uint8Array, number, number]>(
  "int posix_spawn_file_actions_adddup2(void *actions, int fd, int as)",
);
const destroyActions = declare<[Uint8Array]>("int posix_spawn_file_actions_destroy(void *actions)");
const initAttributes = declare<[Uint8Array]>("int posix_spawnattr_init(void *attr)");
const setFlags = declare<[Uint8Array, number]>("int posix_spawnattr_setflags(void *attr, short flags)");
const setGroup = declare<[Uint8Array, number]>("int posix_spawnattr_setpgroup(void *attr, int group)");
const setDefaults = declare<[Uint8Array, Uint8Array]>("int posix_spawnattr_setsigdefault(void *attr, const void *set)");
const setMask = declare<[Uint8Array, Uint8Array]>("int posix_spawnattr_setsigmask(void *attr, const void *set)");
const emptySet = declare<[Uint8Array]>("int sigemptyset(void *set)");
const fillSet = declare<[Uint8Array]>("int sigfillset(void *set)");
const memfd = declare<[string, number]>("int memfd_create(const char *name, unsigned int flags)");
const pipe2 = declare<[Uint8Array, number]>("int pipe2(void *ends, int flags)");
const waitpid = declare<[number, Uint8Array, number]>("int waitpid(int pid, void *status, int options)");

/** Bytes that the kernel writes to: a buffer of its own, never a part of a pool. */
function block(size: number): Buffer {
  return Buffer.from(new ArrayBuffer(size));
}

/** Like a child of Node's: signals as they are by default, none blocked, a process group of its own. */
function attributes(): Buffer {
  const attr = block(OPAQUE);
  const none = block(OPAQUE);
  const all = block(OPAQUE);
  initAttributes(attr);
  emptySet(none);
  fillSet(all);
  setMask(attr, none);
  setDefaults(attr, all);
  setGroup(attr, 0);
  setFlags(attr, FLAGS);
  return attr;
}

let prepared: Buffer | undefined;

/** A text, or its pieces one after the other. */
export type ToolInput = string | Iterable<string>;

export interface Tool {
  /** Also the id of its process group. */
  readonly pid: number;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** What it has written so far, up to this many bytes. */
  output(which: "stdout" | "stderr", limit: number): string;
  /** The lines that it has written to stdout, without ever having all of them in memory. */
  lines(): Iterable<string>;
  /** Closes the files. */
  close(): void;
}

/**
 * Starts a program in the namespaces that this thread is in, with `/` or wherever the agent is as its folder. `path` is absolute.
 * Throws SyscallError when it cannot be started.
 */
export function startTool(path: string, argv: readonly string[], env: readonly string[], input: ToolInput = ""): Tool {
  const files = [0, 1, 2].map((fd) => must("memfd_create", memfd(`std${fd}`, MFD_CLOEXEC)));
  const [stdin = 0, stdout = 0, stderr = 0] = files;
  const close = (): void => files.forEach((fd) => closeSync(fd));
  const ends = block(8);
  try {
    writeFile(stdin, typeof input === "string" ? [input] : input);
    must("pipe2", pipe2(ends, O_CLOEXEC));
  } catch (error) {
    close();
    throw error;
  }
  const [near, far] = [ends.readInt32LE(0), ends.readInt32LE(4)];
  const actions = block(OPAQUE);
  initActions(actions);
  for (const [as, fd] of [...files, far].entries()) addDup2(actions, fd, as);
  const pid = block(4);
  const failed = spawn(pid, path, actions, (prepared ??= attributes()), [...argv, null], [...env, null]);
  destroyActions(actions);
  closeSync(far);
  if (failed !== 0) {
    closeSync(near);
    close();
    throw new SyscallError("posix_spawn", failed, path);
  }
  const id = pid.readInt32LE(0);
  return {
    pid: id,
    ended: untilEnd(near).then(() => reap(id)),
    output: (which, limit) => readFile(which === "stdout" ? stdout : stderr, limit),
    lines: () => readLines(stdout),
    close,
  };
}

/** The pipe's other end is open as long as the program, or one that it started and did not wait for, runs. */
function untilEnd(fd: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = new Socket({ fd, readable: true, writable: false });
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.resume();
  });
}

function reap(pid: number): number | null {
  const status = block(4);
  for (;;) {
    const result = waitpid(pid, status, 0);
    if (result >= 0) break;
    if (result !== -EINTR) return null;
  }
  const word = status.readInt32LE(0);
  return (word & 0x7f) === 0 ? (word >> 8) & 0xff : null;
}

/** The file's offset, which the tool shares, stays at its beginning. */
function writeFile(fd: number, pieces: Iterable<string>): void {
  let size = 0;
  let text = "";
  const write = (): void => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, size + at);
    size += bytes.length;
    text = "";
  };
  for (const piece of pieces) {
    text += piece;
    if (text.length > PIECE) write();
  }
  write();
}

function* readLines(fd: number): Generator<string> {
  let bytes = Buffer.allocUnsafe(PIECE);
  for (let at = 0; ;) {
    const count = readSync(fd, bytes, 0, bytes.length, at);
    if (count === 0) return;
    const end = bytes.lastIndexOf(10, count - 1);
    // A line that is longer; the last one may have no end.
    if (end < 0 && count === bytes.length) bytes = Buffer.allocUnsafe(2 * count);
    else {
      const size = end < 0 ? count : end;
      yield* bytes.toString("utf8", 0, size).split("\n");
      at += size + 1;
    }
  }
}

function readFile(fd: number, limit: number): string {
  const bytes = Buffer.allocUnsafe(Math.min(fstatSync(fd).size, limit));
  let size = 0;
  while (size < bytes.length) {
    const count = readSync(fd, bytes, size, bytes.length - size, size);
    if (count === 0) break;
    size += count;
  }
  return bytes.toString("utf8", 0, size);
}

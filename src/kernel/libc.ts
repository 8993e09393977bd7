/** System calls by FFI. Synchronous: they run on the calling thread, which is what setns(2) needs. */
import { closeSync, openSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { getSystemErrorName } from "node:util";

type Koffi = typeof import("koffi");
let loaded: { readonly koffi: Koffi; readonly libc: ReturnType<Koffi["load"]> } | undefined;

/**
 * Loaded with the first call: a command that only talks to an agent makes none. koffi is CommonJS with a native addon; loading it by
 * require keeps the bundle free of it.
 */
function ffi(): NonNullable<typeof loaded> {
  if (loaded !== undefined) return loaded;
  const require = createRequire(import.meta.filename);
  const koffi = addon(require) ?? (require("koffi") as Koffi);
  return (loaded = { koffi, libc: koffi.load(null) });
}

/**
 * koffi's addon alone, which is loaded in 1 ms: the JavaScript around it takes 9 to find it, and adds deprecated functions.
 * Undefined if it is not where npm puts it.
 */
function addon(require: NodeJS.Require): Koffi | undefined {
  const { arch } = process;
  try {
    return require(`@koromix/koffi-linux-${arch}/${isMusl() ? "musl" : "linux"}_${arch}/koffi.node`) as Koffi;
  } catch {
    return undefined;
  }
}

/** Of the two the one whose loader node names, in the first page of its file (elf(5), PT_INTERP). */
function isMusl(): boolean {
  const fd = openSync(process.execPath, "r");
  try {
    const page = Buffer.alloc(4096);
    readSync(fd, page, 0, page.length, 0);
    return page.includes("/ld-musl-");
  } finally {
    closeSync(fd);
  }
}

/** What the first call would do: it takes 2 ms. */
export function loadSystemCalls(): void {
  ffi();
}

export const CLONE_NEWNET = 0x40000000;
export const MS_BIND = 4096;
export const MNT_DETACH = 2;

/** A system call that failed. `code` is the errno's name (`EPERM`). */
export class SyscallError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly syscall: string;
  constructor(syscall: string, errno: number, detail = "") {
    const code = errnoName(errno);
    super(`${syscall}${detail === "" ? "" : ` ${detail}`}: ${code}`);
    this.name = "SyscallError";
    this.errno = errno;
    this.code = code;
    this.syscall = syscall;
  }
}

/** `ECONNREFUSED` for 111. */
export function errnoName(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}

type LibcFunction = ReturnType<ReturnType<Koffi["load"]>["func"]>;

function lazily(prototype: string): () => LibcFunction {
  let found: LibcFunction | undefined;
  return () => (found ??= ffi().libc.func(prototype));
}

/**
 * Declare a libc function. Pointers to bytes are passed as Buffer or Uint8Array (`void *`). Where the function returns -1, the
 * result is -errno.
 *
 * errno is read whatever the result is, straight after the call: any function that is entered, loop or allocation in between
 * gives V8 the chance to collect garbage or to exchange code, and system calls of its own then overwrite errno.
 */
export function declare<A extends unknown[]>(prototype: string): (...args: A) => number {
  const find = lazily(prototype);
  return (...args) => {
    const call = find();
    const { errno } = ffi().koffi;
    const result = call(...args) as number;
    const code = errno();
    return result < 0 ? -code : result;
  };
}

type Aside<A extends unknown[]> = (...args: [...A, (error: Error | null, result: number) => void]) => void;

/** As declare, on another thread, which calls back. Of a failure only that there was one is known: -1. */
export function declareBack<A extends unknown[]>(prototype: string): Aside<A> {
  const find = lazily(prototype);
  return (...args) => find().async(...args);
}

/** As declareBack, with a promise. */
export function declareAside<A extends unknown[]>(prototype: string): (...args: A) => Promise<number> {
  const back = declareBack<A>(prototype);
  return (...args) =>
    new Promise((resolve, reject) => {
      back(...args, (error, result) => (error === null ? resolve(result) : reject(error)));
    });
}

/** Where a buffer's bytes are, for a structure that holds a pointer. The buffer must outlive its use. */
export function addressOf(buffer: Buffer): bigint {
  return ffi().koffi.address(buffer);
}

/** Throws SyscallError when `result` is a negative errno. */
export function must(syscall: string, result: number, detail?: string): number {
  if (result < 0) throw new SyscallError(syscall, -result, detail);
  return result;
}

export const setns = declare<[fd: number, type: number]>("int setns(int fd, int nstype)");
export const unshare = declare<[flags: number]>("int unshare(int flags)");
export const mount = declare<[source: string, target: string, type: string, flags: number, data: string | null]>(
  "int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)",
);
export const umount2 = declare<[target: string, flags: number]>("int umount2(const char *target, int flags)");
export const socket = declare<[domain: number, type: number, protocol: number]>(
  "int socket(int domain, int type, int protocol)",
);
/** Below an open folder, or with AT_FDCWD below the current one. */
export const openat = declare<[folder: number, path: string, flags: number]>(
  "int openat(int dirfd, const char *pathname, int flags)",
);
export const read = declare<[fd: number, buffer: Buffer, length: number]>("long read(int fd, void *buf, size_t count)");
const CLOSE = "int close(int fd)";
export const close = declare<[fd: number]>(CLOSE);
const closeLater = declareAside<[fd: number]>(CLOSE);
/** Closes on another thread, for descriptors whose close(2) waits in the kernel (packet(7) sockets: some 10 ms each). */
export function closeAside(fd: number): void {
  closeLater(fd).catch(() => {});
}
export const ioctl = declare<[fd: number, request: number, argument: Buffer]>(
  "int ioctl(int fd, unsigned long request, void *argument)",
);
export const flock = declare<[fd: number, operation: number]>("int flock(int fd, int operation)");

/** The cookie of the network namespace that this thread is in: a number that no other one ever has, see NetnsIdentity. */
import { close, declare, socket } from "./libc.ts";

const getsockopt = declare<[fd: number, level: number, name: number, value: Uint8Array, length: Uint8Array]>(
  "int getsockopt(int fd, int level, int name, void *value, void *length)",
);
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0x80000;
const SOL_SOCKET = 1;
const SO_NETNS_COOKIE = 71;

const value = Buffer.alloc(8);
const length = Buffer.alloc(4);

/** Decimal; undefined where the kernel has none. */
export function cookieHere(): string | undefined {
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return undefined;
  length.writeUInt32LE(value.length);
  const result = getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, value, length);
  close(fd);
  return result < 0 ? undefined : String(value.readBigUInt64LE(0));
}

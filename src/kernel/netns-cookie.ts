/** The cookie of the network namespace that this thread is in: a number that no other one ever has, see NetnsIdentity. */
import { closeSocket, getOption, openSocket, SOCK_DGRAM, SOL_SOCKET } from "./socket.ts";

const AF_UNIX = 1;
const SO_NETNS_COOKIE = 71;

const value = Buffer.alloc(8);

/** Decimal; undefined where the kernel has none. */
export function cookieHere(): string | undefined {
  const fd = openSocket(AF_UNIX, SOCK_DGRAM);
  if (fd < 0) return undefined;
  const result = getOption(fd, SOL_SOCKET, SO_NETNS_COOKIE, value);
  closeSocket(fd);
  return result < 0 ? undefined : String(value.readBigUInt64LE(0));
}

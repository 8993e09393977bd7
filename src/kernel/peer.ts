/** The process at the other end of a Unix socket, as the kernel reports it. */
import { must } from "./libc.ts";
import { getOption, SOL_SOCKET } from "./socket.ts";

const SO_PEERCRED = 17;

export interface Peer {
  /** Of the process that called listen(2), or connect(2), as seen from our pid namespace; 0 when it is outside. */
  readonly pid: number;
  readonly uid: number;
}

/** struct ucred, see unix(7). */
export function peerOf(fd: number): Peer {
  const value = Buffer.alloc(12);
  must("getsockopt", getOption(fd, SOL_SOCKET, SO_PEERCRED, value), "SO_PEERCRED");
  return { pid: value.readInt32LE(0), uid: value.readUInt32LE(4) };
}

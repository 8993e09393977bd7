/** The process at the other end of a Unix socket, as the kernel reports it. */
import { declare, must } from "./libc.ts";

const getsockopt = declare<[fd: number, level: number, name: number, value: Uint8Array, length: Uint8Array]>(
  "int getsockopt(int fd, int level, int name, void *value, void *length)",
);
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

export interface Peer {
  /** Of the process that called listen(2), or connect(2), as seen from our pid namespace; 0 when it is outside. */
  readonly pid: number;
  readonly uid: number;
}

/** struct ucred, see unix(7). */
export function peerOf(fd: number): Peer {
  const [value, length] = [Buffer.alloc(12), Buffer.alloc(4)];
  length.writeUInt32LE(value.length);
  must("getsockopt", getsockopt(fd, SOL_SOCKET, SO_PEERCRED, value, length), "SO_PEERCRED");
  return { pid: value.readInt32LE(0), uid: value.readUInt32LE(4) };
}

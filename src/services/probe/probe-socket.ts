/** The socket of one attempt. Being out of descriptors or memory is our own trouble, never an outcome of a probe. */
import { constants } from "node:os";
import { SyscallError } from "../../kernel/libc.ts";
import {
  AF_INET,
  AF_INET6,
  IP_RECVERR,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVERR,
  openSocket,
  setOption,
} from "../../kernel/socket.ts";

const { EMFILE, ENFILE, ENOBUFS, ENOMEM } = constants.errno;
const OWN_TROUBLE: ReadonlySet<number> = new Set([EMFILE, ENFILE, ENOBUFS, ENOMEM]);

/** A descriptor or -errno (`EAFNOSUPPORT`). Throws SyscallError when this process has no descriptor for it. */
export function openProbeSocket(address: string, type: number, protocol = 0): number {
  const fd = openSocket(address.includes(":") ? AF_INET6 : AF_INET, type, protocol);
  if (OWN_TROUBLE.has(-fd))
    throw new SyscallError("socket", -fd, "for a probe; lower the concurrency or raise ulimit -n");
  return fd;
}

/** Without it a connected socket receives only port unreachable, not of host and net unreachable (ip(7)). */
export function receiveErrors(fd: number, address: string): void {
  if (address.includes(":")) setOption(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
  else setOption(fd, IPPROTO_IP, IP_RECVERR, 1);
}

/** Listening sockets of a namespace: one for both families where the namespace has IPv6, else IPv4 only. */
import { must, SyscallError } from "../../kernel/libc.ts";
import { enterNetns, type NetnsHandle } from "../../kernel/netns.ts";
import {
  AF_INET,
  AF_INET6,
  bindSocket,
  closeSocket,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_SCTP,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  IP_PKTINFO,
  listenSocket,
  openSocket,
  setOption,
  setReceiveBuffer,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../kernel/socket.ts";
import { encodeSockaddr } from "../../kernel/sockaddr.ts";
import { HostError } from "../../errors.ts";
import type { Family } from "../../net/family.ts";
import { constants } from "node:os";

/** Larger than any matrix of ours sends at once; the kernel caps it at net.core.somaxconn. */
const BACKLOG = 4096;
/** Bytes. */
const DATAGRAM_ROOM = 4 * 1024 * 1024;

/** Milliseconds. */
const STILL_HELD = 100;
const LOOK_AGAIN = 2;

const NO_IPV6: ReadonlySet<number> = new Set([constants.errno.EAFNOSUPPORT, constants.errno.EADDRNOTAVAIL]);
const NO_PROTOCOL: ReadonlySet<number> = new Set([
  constants.errno.EPROTONOSUPPORT,
  constants.errno.EAFNOSUPPORT,
  94, // ESOCKTNOSUPPORT, which node:os does not name
]);

/** `family`: only this one; absent: both. Throws SyscallError (`EADDRINUSE`), HostError when the kernel has no SCTP. */
export function openListener(
  handle: NetnsHandle,
  protocol: "tcp" | "udp" | "sctp",
  port: number,
  family?: Family,
): number {
  return enterNetns(handle, () => {
    if (family === "ipv4") return listenOn(AF_INET, "0.0.0.0", protocol, port);
    if (family === "ipv6") return listenOn(AF_INET6, "::", protocol, port, true);
    try {
      return listenOn(AF_INET6, "::", protocol, port);
    } catch (error) {
      if (!(error instanceof SyscallError) || !NO_IPV6.has(error.errno)) throw error;
      return listenOn(AF_INET, "0.0.0.0", protocol, port);
    }
  });
}

function listenOn(
  domain: number,
  address: string,
  protocol: "tcp" | "udp" | "sctp",
  port: number,
  alone = false,
): number {
  const datagrams = protocol === "udp";
  const fd = openSocket(domain, datagrams ? SOCK_DGRAM : SOCK_STREAM, protocol === "sctp" ? IPPROTO_SCTP : 0);
  if (protocol === "sctp" && NO_PROTOCOL.has(-fd)) {
    throw new HostError(
      `this kernel has no SCTP, which the server on port ${port}/sctp needs`,
      "load the module (modprobe sctp), use a kernel built with CONFIG_IP_SCTP, or take the SCTP port out of the lab",
    );
  }
  must("socket", fd);
  try {
    if (domain === AF_INET6) must("setsockopt", setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, alone ? 1 : 0), "IPV6_V6ONLY");
    if (datagrams) {
      // The default has room for some 168 small ones: a check's 200 may all come before a busy machine gives the process its turn.
      setReceiveBuffer(fd, DATAGRAM_ROOM);
      // The answer must leave from the requested address, however many the namespace has.
      if (domain === AF_INET6) must("setsockopt", setOption(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
      else must("setsockopt", setOption(fd, IPPROTO_IP, IP_PKTINFO, 1));
    } else {
      must("setsockopt", setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1)); // past TIME_WAIT of an earlier server
    }
    must("bind", bindPatiently(fd, encodeSockaddr(address, port)), `${protocol} port ${port}`);
    if (!datagrams) must("listen", listenSocket(fd, BACKLOG), `${protocol} port ${port}`);
    return fd;
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
}

/**
 * A program that is being started holds all our sockets until execve(2) closes them, which may be after vfork(2) has returned:
 * the port of a server that has just stopped is free a moment later.
 */
function bindPatiently(fd: number, address: Uint8Array): number {
  const deadline = performance.now() + STILL_HELD;
  for (;;) {
    const result = bindSocket(fd, address);
    if (result !== -constants.errno.EADDRINUSE || performance.now() > deadline) return result;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN);
  }
}

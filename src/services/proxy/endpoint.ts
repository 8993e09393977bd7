/** Sockets of a proxy's namespace that are connected to an endpoint. */
import { EPOLLOUT, reactor } from "../../kernel/reactor.ts";
import { enterNetns, type NetnsHandle } from "../../kernel/netns.ts";
import {
  AF_INET,
  AF_INET6,
  closeSocket,
  connectSocket,
  EINPROGRESS,
  openSocket,
  SOCK_DGRAM,
  SOCK_STREAM,
  socketError,
} from "../../kernel/socket.ts";
import { encodeSockaddr } from "../../kernel/sockaddr.ts";
import { splitHostPort } from "../../net/host-port.ts";

/** Socket and what connect(2) said; negative socket: -errno. */
function begin(handle: NetnsHandle, endpoint: string, type: number): { readonly fd: number; readonly result: number } {
  const { address, port } = splitHostPort(endpoint);
  const fd = enterNetns(handle, () => openSocket(address.includes(":") ? AF_INET6 : AF_INET, type));
  return { fd, result: fd < 0 ? fd : connectSocket(fd, encodeSockaddr(address, port)) };
}

/** A descriptor; -errno where nothing can be sent there. */
export function connectDatagrams(handle: NetnsHandle, endpoint: string): number {
  const { fd, result } = begin(handle, endpoint, SOCK_DGRAM);
  if (fd < 0 || result >= 0) return fd;
  closeSocket(fd);
  return result;
}

/** A connected descriptor that is the caller's; undefined when it was refused, was not established in time, or `signal` ended it. */
export function connectStream(
  handle: NetnsHandle,
  endpoint: string,
  timeout: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { fd, result } = begin(handle, endpoint, SOCK_STREAM);
  if (fd < 0) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const end = (connected: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      reactor().unwatch(fd, false);
      if (!connected) closeSocket(fd);
      resolve(connected ? fd : undefined);
    };
    const abort = (): void => end(false);
    const timer = setTimeout(abort, timeout);
    signal.addEventListener("abort", abort);
    if (signal.aborted || (result < 0 && result !== -EINPROGRESS)) return end(false);
    if (result >= 0) return end(true);
    reactor().watch(fd, EPOLLOUT, () => end(socketError(fd) === 0));
  });
}

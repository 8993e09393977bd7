/** Connections to backends, opened in the namespace of their proxy. */
import { Socket } from "node:net";
import { enterNetns, type NetnsHandle } from "../kernel/netns.ts";
import { EPOLLOUT, reactor } from "../kernel/reactor.ts";
import { encodeSockaddr } from "../kernel/sockaddr.ts";
import {
  AF_INET,
  AF_INET6,
  closeSocket,
  connectSocket,
  EINPROGRESS,
  IPPROTO_TCP,
  openSocket,
  setOption,
  SOCK_STREAM,
  socketError,
} from "../kernel/socket.ts";
import { errnoName } from "../kernel/libc.ts";
import type { Endpoint } from "../routing/model.ts";
import { BackendError } from "./answer-sink.ts";

const TCP_NODELAY = 1;

export function endpointText({ address, port }: Pick<Endpoint, "address" | "port">): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `timeout`: milliseconds. `done` gets a connected socket or why there is none. Returns what gives it up. */
export function connectEndpoint(
  handle: NetnsHandle,
  endpoint: Endpoint,
  timeout: number,
  done: (socket: Socket | BackendError) => void,
): () => void {
  const where = endpointText(endpoint);
  const refuse = (errno: number): void => done(new BackendError("connect", `${where}: ${errnoName(errno)}`, true));
  let fd: number;
  let result: number;
  try {
    const target = encodeSockaddr(endpoint.address, endpoint.port);
    fd = enterNetns(handle, () => openSocket(endpoint.address.includes(":") ? AF_INET6 : AF_INET, SOCK_STREAM));
    result = fd < 0 ? fd : connectSocket(fd, target);
  } catch (error) {
    queueMicrotask(() => done(new BackendError("connect", `${where}: ${String(error)}`, true)));
    return () => undefined;
  }
  if (fd < 0 || (result < 0 && result !== -EINPROGRESS)) {
    if (fd >= 0) closeSocket(fd);
    let wanted = true;
    queueMicrotask(() => {
      if (wanted) refuse(-result);
    });
    return () => (wanted = false);
  }
  let over = false;
  const end = (errno: number | "timeout" | "given up"): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    reactor().unwatch(fd, false);
    if (errno === 0) {
      setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
      done(new Socket({ fd, readable: true, writable: true, allowHalfOpen: true }));
      return;
    }
    closeSocket(fd);
    if (errno === "timeout")
      done(new BackendError("connect-timeout", `${where}: no connection within ${timeout} ms`, true));
    else if (errno !== "given up") refuse(errno);
  };
  const timer = setTimeout(() => end("timeout"), timeout);
  reactor().watch(fd, EPOLLOUT, () => end(socketError(fd)));
  return () => end("given up");
}

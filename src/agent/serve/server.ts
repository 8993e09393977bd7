/** Starts the built-in server of one ServerResource in its namespace. */
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { ServerResource } from "../../plan/resource.ts";
import type { RunningServer } from "../../apply/runtime.ts";
import { DatagramServer } from "./datagram-server.ts";
import { openListener } from "./listen.ts";
import { StreamServer } from "./stream-server.ts";

const PROTOCOL = { tcp: "TCP", udp: "UDP", sctp: "SCTP" } as const;

/**
 * Listens on all addresses of both families before it returns. Throws SyscallError with code EADDRINUSE when the port
 * is taken, HostError when the kernel lacks the protocol. stop() closes the port and all its connections at once.
 */
export function startServer(resource: ServerResource, handle: NetnsHandle, info: { node: string }): RunningServer {
  const self = {
    hostname: resource.hostname,
    namespace: resource.podNamespace,
    node: info.node,
    serverPort: resource.port,
    protocol: PROTOCOL[resource.protocol],
    health: resource.health,
  };
  const fd = openListener(handle, resource.protocol, resource.port);
  return resource.protocol === "udp" ? new DatagramServer(fd, self) : new StreamServer(fd, self);
}

/** Starts the built-in server of one ServerResource in its namespace. */
import { HostError } from "../../errors.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { ServerResource } from "../../resources/server/definition.ts";
import type { RunningServer } from "../../resources/server/apply.ts";
import { serveDatagrams } from "./datagram-server.ts";
import { openListener } from "./listen.ts";
import { StreamServer } from "./stream-server.ts";

const PROTOCOL = { tcp: "TCP", udp: "UDP", sctp: "SCTP" } as const;

/**
 * Listens on all addresses of both families before it returns. Throws SyscallError with code EADDRINUSE when the port
 * is taken, HostError when the kernel lacks the protocol. stop() closes the port and all its connections at once.
 */
export function startServer(resource: ServerResource, handle: NetnsHandle): RunningServer {
  const self = {
    hostname: resource.hostname,
    namespace: resource.podNamespace,
    node: resource.node,
    serverPort: resource.port,
    protocol: PROTOCOL[resource.protocol],
    probed: resource.probed,
    health: resource.health,
  };
  const fd = listen(resource, handle);
  if (fd === undefined) return { stop: () => undefined };
  return resource.protocol === "udp" ? serveDatagrams(fd, self) : new StreamServer(fd, self);
}

/** Undefined: the kernel lacks the protocol, and the lab does without the server then. */
function listen({ protocol, port, optional }: ServerResource, handle: NetnsHandle): number | undefined {
  try {
    return openListener(handle, protocol, port);
  } catch (error) {
    if (optional === true && error instanceof HostError) return undefined;
    throw error;
  }
}

/** A connection out of a namespace as Node's own stream, for the protocols that only Node implements: TLS and HTTP/2. */
import { isIP, Socket } from "node:net";
import { enterNetns, type NetnsHandle } from "../../kernel/netns.ts";
import { must } from "../../kernel/libc.ts";
import { AF_INET, AF_INET6, openSocket, SOCK_STREAM } from "../../kernel/socket.ts";

/** The socket belongs to the namespace; connecting and everything else may be done from outside. Throws for a host that is not an address: it would be resolved here. */
export function dial(handle: NetnsHandle, host: string, port: number): Socket {
  const family = isIP(host);
  if (family === 0) throw new Error(`${host} is not an address`);
  const domain = family === 6 ? AF_INET6 : AF_INET;
  const fd = must(
    "socket",
    enterNetns(handle, () => openSocket(domain, SOCK_STREAM)),
  );
  return new Socket({ fd, readable: true, writable: true }).connect(port, host);
}

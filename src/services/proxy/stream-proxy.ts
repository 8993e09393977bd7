/** A Service port over TCP: each connection is joined with one from the node itself to an endpoint. */
import { createServer, Socket, type Server } from "node:net";
import type { NetnsHandle } from "../../kernel/netns.ts";
import { closeSocket } from "../../kernel/socket.ts";
import type { Balancer } from "./balancer.ts";
import { connectStream } from "./endpoint.ts";

/** Milliseconds of patience with one endpoint after the other (kubernetes pkg/proxy/userspace/proxysocket.go). */
const PATIENCE = [250, 500, 1000, 2000] as const;

/** How long connections may last when their Service is gone. */
const LAST_MS = 30_000;

export class StreamProxy {
  readonly #handle: NetnsHandle;
  readonly #balancer: Balancer;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #stopped = new AbortController();
  #last: NodeJS.Timeout | undefined;

  /** Takes over a listening socket. */
  constructor(fd: number, handle: NetnsHandle, balancer: Balancer) {
    this.#handle = handle;
    this.#balancer = balancer;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => void this.#serve(client));
    this.#server.listen({ fd });
    this.#server.unref();
  }

  /** Existing connections may finish, for a while. */
  retire(): void {
    this.#server.close();
    if (this.#sockets.size > 0) this.#last = setTimeout(() => this.stop(), LAST_MS).unref();
  }

  stop(): void {
    clearTimeout(this.#last);
    this.#stopped.abort();
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #serve(client: Socket): Promise<void> {
    this.#keep(client);
    // `remoteAddress` disappears with the connection: read before anything is awaited.
    const fd = await this.#connect(client, client.remoteAddress ?? "");
    if (fd === undefined) {
      client.resetAndDestroy();
      return;
    }
    if (client.destroyed || this.#stopped.signal.aborted) {
      closeSocket(fd);
      client.destroy();
      return;
    }
    const endpoint = new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
    this.#keep(endpoint);
    join(client, endpoint);
    join(endpoint, client);
  }

  /** A descriptor; undefined where no endpoint took the connection. */
  async #connect(client: Socket, address: string): Promise<number | undefined> {
    for (const [attempt, patience] of PATIENCE.entries()) {
      const endpoint = this.#balancer.choose(address, attempt > 0);
      if (endpoint === undefined || client.destroyed) return undefined;
      const fd = await connectStream(this.#handle, endpoint, patience, this.#stopped.signal);
      if (fd !== undefined || this.#stopped.signal.aborted) return fd;
    }
    return undefined;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  }
}

/** One direction: bytes and their end. Where a side breaks off, the other side is reset. */
function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on("error", () => {
    if (!to.destroyed) to.resetAndDestroy();
  });
}

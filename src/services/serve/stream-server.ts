/** A built-in server on a TCP or SCTP port: HTTP/1.x with keep-alive and pipelining, on raw sockets. */
import { constants } from "node:os";
import { EPOLLIN, EPOLLOUT, reactor } from "../../kernel/reactor.ts";
import { decodeSockaddr } from "../../kernel/sockaddr.ts";
import {
  acceptedPeer,
  acceptSocket,
  closeSocket,
  EAGAIN,
  receiveSocket,
  sendSocket,
  shutdownSend,
  socketName,
} from "../../kernel/socket.ts";
import { answerRequests, type Encounter } from "./answer.ts";
import { takeOver, wireOf, type Wire } from "./other-wire.ts";
import { RequestParser } from "./request.ts";

/** A connection that has been silent for this long is closed, and so is one whose answer is not read. */
const IDLE_MS = 120_000;
const SWEEP_MS = 10_000;
/** No more requests are read while this much of the answers is unsent. */
const PENDING_LIMIT = 256 * 1024;
const MAX_ACCEPTS = 64;
const PAUSE_MS = 100;
const OUT_OF_ROOM: ReadonlySet<number> = new Set([constants.errno.EMFILE, constants.errno.ENFILE]);

const incoming = Buffer.from(new ArrayBuffer(64 * 1024));

export type Self = Pick<Encounter, "hostname" | "namespace" | "node" | "serverPort" | "protocol" | "probed" | "health">;

export class StreamServer {
  readonly #fd: number;
  readonly #self: Self;
  readonly #connections = new Set<Connection>();
  #sweep: NodeJS.Timeout | undefined;
  #resume: NodeJS.Timeout | undefined;
  #paused = false;

  /** Takes over a listening socket. */
  constructor(fd: number, self: Self) {
    this.#fd = fd;
    this.#self = self;
    reactor().watch(fd, EPOLLIN, () => this.#accept());
  }

  /** Open ones, also those that this process had no time to accept yet. */
  get connections(): number {
    if (!this.#paused) this.#accept();
    return this.#connections.size;
  }

  /** The kernel still completes connections and takes what they send. */
  pause(paused: boolean): void {
    this.#paused = paused;
    clearTimeout(this.#resume);
    reactor().rewatch(this.#fd, paused ? 0 : EPOLLIN);
    for (const connection of this.#connections) connection.pause(paused);
  }

  stop(): void {
    reactor().unwatch(this.#fd);
    closeSocket(this.#fd);
    clearInterval(this.#sweep);
    clearTimeout(this.#resume);
    for (const connection of this.#connections) connection.close();
  }

  #accept(): void {
    for (let i = 0; i < MAX_ACCEPTS; i++) {
      const fd = acceptSocket(this.#fd);
      if (OUT_OF_ROOM.has(-fd)) return this.#pause();
      if (fd < 0) return; // EAGAIN; a connection that was aborted is reported with the next event
      const { address, port } = decodeSockaddr(acceptedPeer);
      const connection = new Connection(fd, this.#self, address, port, () => this.#forget(connection));
      this.#connections.add(connection);
      this.#sweep ??= setInterval(() => this.#closeIdle(), SWEEP_MS).unref();
      connection.begin();
    }
  }

  /** Without a free descriptor the waiting connection would wake us over and over. */
  #pause(): void {
    reactor().rewatch(this.#fd, 0);
    this.#resume = setTimeout(() => reactor().rewatch(this.#fd, EPOLLIN), PAUSE_MS);
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #closeIdle(): void {
    const before = performance.now() - IDLE_MS;
    for (const connection of this.#connections) if (connection.lastActive < before) connection.close();
  }
}

class Connection {
  lastActive = performance.now();
  readonly #fd: number;
  readonly #self: Self;
  readonly #clientIP: string;
  readonly #clientPort: number;
  readonly #closed: () => void;
  readonly #parser = new RequestParser();
  #who: Encounter | undefined;
  #unsent: Buffer | undefined;
  #watching = 0;
  #last = false;
  #open = true;
  #isFirst = true;
  /** Closes it where Node has taken it over. */
  #closeTaken: (() => void) | undefined;

  constructor(fd: number, self: Self, clientIP: string, clientPort: number, closed: () => void) {
    this.#fd = fd;
    this.#self = self;
    this.#clientIP = clientIP;
    this.#clientPort = clientPort;
    this.#closed = closed;
  }

  /** Often the request has already arrived; epoll is used only when it has not. */
  begin(): void {
    this.#read();
    if (this.#open) this.#watch();
  }

  pause(paused: boolean): void {
    if (this.#watching !== 0 && this.#open) reactor().rewatch(this.#fd, paused ? 0 : this.#watching);
  }

  close(): void {
    if (this.#closeTaken !== undefined) return this.#closeTaken();
    if (!this.#open) return;
    this.#open = false;
    reactor().unwatch(this.#fd);
    closeSocket(this.#fd);
    this.#closed();
  }

  /** Another wire protocol is spoken: the socket is no longer ours. */
  #hand(wire: Wire, first: Buffer): void {
    reactor().unwatch(this.#fd);
    this.#open = false;
    this.lastActive = Infinity; // it looks after its own silence
    this.#closeTaken = takeOver(this.#fd, wire, first, this.#encounter(), IDLE_MS, this.#closed);
  }

  #watch(): void {
    const events = this.#unsent === undefined ? EPOLLIN : EPOLLOUT;
    if (this.#watching === events) return;
    if (this.#watching === 0) reactor().watch(this.#fd, events, () => this.#ready());
    else reactor().rewatch(this.#fd, events);
    this.#watching = events;
  }

  #ready(): void {
    this.lastActive = performance.now();
    if (this.#unsent !== undefined && !this.#flush()) return;
    if (this.#open) this.#read();
    if (this.#open) this.#watch();
  }

  #read(): void {
    while (this.#open && this.#unsent === undefined) {
      const size = receiveSocket(this.#fd, incoming);
      if (size === -EAGAIN) return;
      if (size <= 0) {
        this.close(); // end of input (all requests so far are answered), or reset
        return;
      }
      const wire = this.#isFirst && this.#self.protocol === "TCP" ? wireOf(incoming.subarray(0, size)) : undefined;
      this.#isFirst = false;
      if (wire !== undefined) return this.#hand(wire, incoming.subarray(0, size));
      if (this.#last) continue; // the answer is out and our end is closed: wait for the peer's end
      this.#parser.push(incoming.subarray(0, size));
      this.#answer();
      if (size < incoming.length) return;
    }
  }

  #answer(): void {
    const { out, last } = answerRequests(this.#parser, () => (this.#who ??= this.#encounter()), PENDING_LIMIT);
    this.#last = last;
    if (out === "") return;
    this.#unsent = Buffer.from(out);
    this.#flush();
  }

  #encounter(): Encounter {
    const { address } = decodeSockaddr(socketName(this.#fd));
    return { ...this.#self, clientIP: this.#clientIP, clientPort: this.#clientPort, serverIP: address };
  }

  /** True when everything is out. */
  #flush(): boolean {
    while (this.#unsent !== undefined) {
      const sent = sendSocket(this.#fd, this.#unsent);
      if (sent === -EAGAIN) {
        this.#watch();
        return false;
      }
      if (sent < 0) {
        this.close();
        return false;
      }
      this.#unsent = sent === this.#unsent.length ? undefined : this.#unsent.subarray(sent);
    }
    if (this.#last) shutdownSend(this.#fd); // not close(2): unread input would turn it into a reset
    else if (!this.#parser.idle) this.#answer(); // requests that had to wait for PENDING_LIMIT
    return this.#open;
  }
}

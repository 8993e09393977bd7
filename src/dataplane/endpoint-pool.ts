/** Connections to one endpoint of a backend: idle ones are used again, the most recent first. */
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import type { NetnsHandle } from "../kernel/netns.ts";
import type { Backend, Endpoint } from "../routing/model.ts";
import { BackendError, type AnswerSink, type OutgoingRequest, type Sending } from "./answer-sink.ts";
import { secure, type KeyPair } from "./backend-tls.ts";
import { connectEndpoint, endpointText } from "./connect.ts";
import { Http1Connection } from "./http1-backend.ts";
import { Http2Connection } from "./h2-backend.ts";
import { writeProxyHeader, type ProxiedAddresses } from "./proxy-header.ts";

export interface Connected {
  /** It may be that the other end has given it up. */
  readonly used: boolean;
  send(request: OutgoingRequest, sink: AnswerSink): Sending;
}

export interface Wish {
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** The client's, for a backend that takes the PROXY protocol. */
  readonly addresses: ProxiedAddresses;
  /** Not one that has been used before. */
  readonly fresh: boolean;
  /** Whatever the backend's protocol: for an upgrade. */
  readonly http1: boolean;
}

const NEVER = (): void => undefined;

export class EndpointPool {
  readonly endpoint: Endpoint;
  readonly #handle: NetnsHandle;
  readonly #backend: Pick<Backend, "protocol" | "tls" | "sendProxy">;
  readonly #own: KeyPair | undefined;
  readonly #idle: Http1Connection[] = [];
  readonly #all = new Set<Http1Connection>();
  #session: Http2Connection | undefined;
  #waiting: ((result: Connected | BackendError) => void)[] | undefined;
  #retired = false;

  constructor(
    handle: NetnsHandle,
    endpoint: Endpoint,
    backend: Pick<Backend, "protocol" | "tls" | "sendProxy">,
    own: KeyPair | undefined,
  ) {
    this.#handle = handle;
    this.endpoint = endpoint;
    this.#backend = backend;
    this.#own = own;
  }

  /** Returns what gives it up. */
  acquire(wish: Wish, done: (result: Connected | BackendError) => void): () => void {
    if (this.#backend.protocol === "h2" && !wish.http1 && this.#backend.sendProxy === undefined)
      return this.#acquireHttp2(wish, done);
    while (!wish.fresh && this.#backend.sendProxy === undefined) {
      const connection = this.#idle.pop();
      if (connection === undefined) break;
      if (!connection.usable) continue;
      done(connection);
      return NEVER;
    }
    const isHttp2 = this.#backend.protocol === "h2" && !wish.http1;
    return this.connect(wish, isHttp2 ? "h2" : "http/1.1", (stream) => {
      if (stream instanceof BackendError) return done(stream);
      if (!isHttp2) return done(this.#http1(stream));
      const session = new Http2Connection(stream, endpointText(this.endpoint), NEVER);
      done({ used: false, send: (request, sink) => session.send(request, sink) });
      session.close();
    });
  }

  /** A stream of its own, for bytes. */
  connect(
    { connectTimeout, addresses }: Pick<Wish, "connectTimeout" | "addresses">,
    protocol: "http/1.1" | "h2" | undefined,
    done: (stream: Duplex | BackendError) => void,
  ): () => void {
    const { tls, sendProxy } = this.#backend;
    let giveUp = connectEndpoint(this.#handle, this.endpoint, connectTimeout, (socket: Socket | BackendError) => {
      if (socket instanceof BackendError) return done(socket);
      if (sendProxy !== undefined) socket.write(writeProxyHeader(sendProxy, addresses));
      if (tls === undefined) return done(socket);
      const where = endpointText(this.endpoint);
      giveUp = secure(socket, { tls, own: this.#own, protocol, where, timeout: connectTimeout }, done);
    });
    return () => giveUp();
  }

  /** Idle connections are closed; those in use when their request has ended. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) connection.close();
    this.#session?.close();
    this.#session = undefined;
  }

  stop(): void {
    this.retire();
    for (const connection of this.#all) connection.close();
  }

  #http1(stream: Duplex): Http1Connection {
    const connection = new Http1Connection(stream, endpointText(this.endpoint), (one, reusable) => {
      if (reusable && !this.#retired && this.#backend.sendProxy === undefined) this.#idle.push(one);
      else if (reusable) one.close();
      else {
        this.#all.delete(one);
        const at = this.#idle.indexOf(one);
        if (at >= 0) this.#idle.splice(at, 1);
      }
    });
    this.#all.add(connection);
    return connection;
  }

  /** All wait for one connection. */
  #acquireHttp2(wish: Wish, done: (result: Connected | BackendError) => void): () => void {
    if (this.#session?.usable === true && !wish.fresh) {
      const session = this.#session;
      done({ used: true, send: (request, sink) => session.send(request, sink) });
      return NEVER;
    }
    let wanted = true;
    const tell = (result: Connected | BackendError): void => {
      if (wanted) done(result);
    };
    if (this.#waiting !== undefined) this.#waiting.push(tell);
    else {
      this.#waiting = [tell];
      this.connect(wish, "h2", (stream) => this.#opened(stream));
    }
    return () => (wanted = false);
  }

  #opened(stream: Duplex | BackendError): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    if (stream instanceof BackendError) {
      for (const tell of waiting) tell(stream);
      return;
    }
    const session: Http2Connection = new Http2Connection(stream, endpointText(this.endpoint), () => {
      if (this.#session === session) this.#session = undefined;
    });
    if (!this.#retired) this.#session = session;
    for (const tell of waiting) tell({ used: false, send: (request, sink) => session.send(request, sink) });
    if (this.#retired) session.close();
  }
}

/** HTTP/1.1 and HTTP/2 of clients, by Node's servers; connections come from the ports (entry.ts). */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  createServer as createHttp2,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
} from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { readIncoming, type Incoming } from "./incoming.ts";
import { headText, NodeResponder, UpgradeResponder, type Responder } from "./responder.ts";
import { textAnswer } from "./answers.ts";
import type { ServingLimits } from "./serving-limits.ts";

/** Whose connection it is; gets its requests. */
export interface Visitor {
  serve(incoming: Incoming, responder: Responder): void;
  /** A request that is none. */
  refused(status: number, why: string): void;
  /** The connection shall end with its next answer. */
  isLeaving(): boolean;
}

const WRONG: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};
/** Streams of one client at a time (nginx: http2_max_concurrent_streams). */
const STREAMS = 128;

export class HttpFront {
  readonly #limits: ServingLimits;
  readonly #http1;
  readonly #http2;
  readonly #visitors = new WeakMap<Duplex, Visitor>();
  readonly #sessions = new WeakMap<Http2Session, Visitor>();
  #arriving: Visitor | undefined;

  constructor(limits: ServingLimits) {
    this.#limits = limits;
    this.#http1 = createServer({
      headersTimeout: limits.head,
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAlive,
      connectionsCheckingInterval: Math.min(limits.head, 1000),
      maxHeaderSize: limits.headBytes,
      requireHostHeader: true,
      joinDuplicateHeaders: true,
      insecureHTTPParser: false,
      // HTTP/2 by Upgrade is gone (RFC 9113 3.1), and a body before another protocol would be read in two ways.
      shouldUpgradeCallback: ({ headers }) =>
        headers.upgrade?.toLowerCase() !== "h2c" &&
        headers["content-length"] === undefined &&
        headers["transfer-encoding"] === undefined,
    });
    // A client that ends its direction has gone, as nginx has it: while an answer is awaited there is no other sign of that.
    this.#http1.on("request", (request, response) => this.#take(request, response));
    this.#http1.on("upgrade", (request, socket, first) => this.#upgrade(request, socket, first));
    this.#http1.on("connect", (_request, socket) => close(socket, 405));
    this.#http1.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      const status = WRONG[error.code ?? ""] ?? 400;
      if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
      this.#visitors.get(socket)?.refused(status, error.code ?? error.message);
      close(socket, status);
    });
    // Without a port of its own it would not look for slow clients.
    this.#http1.emit("listening");
    this.#http2 = createHttp2({
      settings: { maxConcurrentStreams: STREAMS, maxHeaderListSize: limits.headBytes },
      maxSessionInvalidFrames: 100,
      maxSessionRejectedStreams: 100,
    });
    this.#http2.on("request", (request, response) => this.#take(request, response));
    this.#http2.on("sessionError", () => undefined); // it is closed
    this.#http2.on("session", (session) => {
      if (this.#arriving !== undefined) this.#sessions.set(session, this.#arriving);
      session.on("error", () => session.destroy());
      session.setTimeout(limits.keepAlive, () => session.close());
    });
  }

  /** `protocol`: as it was negotiated, or as its first bytes say. */
  accept(socket: Socket, protocol: "http1" | "http2", visitor: Visitor): void {
    this.#visitors.set(socket, visitor);
    this.#arriving = visitor;
    (protocol === "http1" ? this.#http1 : this.#http2).emit("connection", socket);
    this.#arriving = undefined;
  }

  close(): void {
    this.#http1.emit("close");
    this.#http1.close();
    this.#http2.close();
  }

  #take(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void {
    const isHttp2 = "stream" in request;
    const session = isHttp2 ? request.stream.session : undefined;
    const visitor = isHttp2
      ? session === undefined
        ? undefined
        : this.#sessions.get(session)
      : this.#visitors.get(request.socket);
    request.on("error", () => undefined); // the answer's close says it
    if (visitor === undefined) return void request.destroy();
    const responder = new NodeResponder(response, this.#limits.body);
    if (visitor.isLeaving()) {
      if (session !== undefined) session.close();
      else if (!isHttp2) (response as ServerResponse).shouldKeepAlive = false;
    }
    contain(
      () => {
        const incoming = readIncoming(request);
        if (typeof incoming === "string") {
          visitor.refused(400, incoming);
          if (!isHttp2) (response as ServerResponse).shouldKeepAlive = false;
          answerPlainly(responder, 400);
          return;
        }
        if (incoming.length !== 0) watchBody(request, this.#limits.body, () => responder.breakOff());
        visitor.serve(incoming, responder);
      },
      () => responder.breakOff(),
    );
  }

  #upgrade(request: IncomingMessage, socket: Duplex, first: Buffer): void {
    const visitor = this.#visitors.get(socket);
    const responder = new UpgradeResponder(request, socket, first);
    contain(
      () => {
        const incoming = readIncoming(request, true);
        if (visitor === undefined || typeof incoming === "string") answerPlainly(responder, 400);
        else visitor.serve(incoming, responder);
      },
      () => socket.destroy(),
    );
  }
}

/** Closes the connection of a client that sends nothing of its body within the limit. */
function watchBody(request: IncomingMessage | Http2ServerRequest, limit: number, giveUp: () => void): void {
  const timer = setTimeout(() => {
    if (request.isPaused()) timer.refresh(); // it is the backend that is waited for
    else giveUp();
  }, limit);
  request.on("data", () => timer.refresh());
  for (const event of ["end", "close"]) request.on(event, () => clearTimeout(timer));
  // Listening for data sets it going: the receiver decides when it does.
  request.pause();
}

/** What Node throws at answers that a client or backend can bring about costs that client alone. */
function contain(act: () => void, otherwise: () => unknown): void {
  try {
    act();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    otherwise();
  }
}

function answerPlainly(responder: Responder, status: number): void {
  const { headers, body } = textAnswer(status, [], undefined);
  responder.head(status, headers);
  responder.write(body);
  responder.end([]);
}

function close(socket: Duplex, status: number): void {
  const { headers, body } = textAnswer(status, ["Connection", "close"], undefined);
  socket.on("error", () => undefined);
  socket.end(Buffer.concat([Buffer.from(headText(status, headers), "latin1"), body]), () => socket.destroy());
}

/** A TCP port of a proxy: what a connection begins with says how it is spoken to. */
import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { decide } from "../routing/decide.ts";
import type { EntryPort, Listener } from "../routing/model.ts";
import type { ClientCertificate, RoutedRequest } from "../routing/request.ts";
import { readClientHello, type ClientHello } from "./client-hello.ts";
import type { Place } from "./course.ts";
import { Exchange } from "./exchange.ts";
import type { HeldWork } from "./held-work.ts";
import type { HttpFront, Visitor } from "./http-front.ts";
import { readProxyHeader, type ProxiedAddresses } from "./proxy-header.ts";
import { forwardStream } from "./streams.ts";
import type { ServingLimits } from "./serving-limits.ts";

/** RFC 9113 3.4. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const WITH_TLS: ReadonlySet<Listener["protocol"]> = new Set(["https", "tls", "passthrough"]);
/** Fatal alerts (RFC 8446 6.2): unrecognized_name, and handshake_failure where there is no certificate. */
const UNKNOWN_NAME = Buffer.from([0x15, 3, 3, 0, 2, 2, 112]);
const NO_CERTIFICATE = Buffer.from([0x15, 3, 3, 0, 2, 2, 40]);

export interface EntryOptions {
  readonly port: number;
  readonly front: HttpFront;
  readonly limits: ServingLimits;
  readonly held: HeldWork;
  /** What is served now. */
  readonly place: () => Omit<Place, "addresses">;
}

export class Entry {
  readonly port: number;
  readonly #options: EntryOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #leaving = false;

  /** Takes over a listening socket. */
  constructor(fd: number, options: EntryOptions) {
    this.#options = options;
    this.port = options.port;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#arrive(socket));
    this.#server.on("error", () => undefined); // no descriptor is left: the next connection waits
    this.#server.listen({ fd });
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** No new connections; requests under way are answered. */
  retire(): void {
    this.#leaving = true;
    this.#server.close();
  }

  stop(): void {
    this.retire();
    for (const socket of this.#sockets) socket.destroy();
  }

  get #port(): EntryPort | undefined {
    return this.#options
      .place()
      .served.table.ports.find(({ port, transport }) => transport === "tcp" && port === this.port);
  }

  #arrive(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const entry = this.#port;
    const own: ProxiedAddresses = {
      source: { address: plain(socket.remoteAddress), port: socket.remotePort ?? 0 },
      destination: { address: plain(socket.localAddress), port: socket.localPort ?? 0 },
    };
    if (entry === undefined) return void socket.resetAndDestroy();
    this.#options.held.do(() => this.#begin(socket, entry, own));
  }

  #begin(socket: Socket, entry: EntryPort, own: ProxiedAddresses): void {
    if (socket.destroyed) return;
    if (entry.proxyProtocol !== true) return this.#greet(socket, entry, own);
    this.#read(socket, (bytes) => {
      const header = readProxyHeader(bytes);
      if (header === "more") return "more";
      if (header === "none") return void socket.resetAndDestroy();
      if (header.size < bytes.length) socket.unshift(bytes.subarray(header.size));
      this.#greet(socket, entry, header.addresses ?? own);
    });
  }

  #greet(socket: Socket, entry: EntryPort, addresses: ProxiedAddresses): void {
    const [first] = entry.listeners;
    if (first?.protocol === "tcp") return this.#forward(socket, addresses, { tls: false });
    const secured = entry.listeners.some(({ protocol }) => WITH_TLS.has(protocol));
    this.#read(socket, (bytes) => {
      const hello = secured ? readClientHello(bytes) : undefined;
      if (hello === "more") return "more";
      if (hello !== undefined && hello !== "other") {
        socket.unshift(bytes);
        return this.#secure(socket, addresses, hello);
      }
      const start = bytes.subarray(0, PREFACE.length);
      const isHttp2 = start.equals(PREFACE.subarray(0, start.length));
      if (isHttp2 && start.length < PREFACE.length) return "more";
      socket.unshift(bytes);
      if (hello === "other" && !entry.listeners.some(({ protocol }) => protocol === "http")) {
        // As nginx answers plain HTTP on a port of TLS.
        return void socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      }
      const visitor = this.#visitor(addresses, false, undefined);
      this.#options.front.accept(socket, isHttp2 ? "http2" : "http1", visitor);
    });
  }

  #secure(socket: Socket, addresses: ProxiedAddresses, { serverName }: ClientHello): void {
    const place = this.#options.place();
    const request = this.#bare(addresses, { tls: true, serverName });
    const decision = decide(place.served.table, request);
    const { listener } = decision;
    if (listener === undefined) return void socket.end(UNKNOWN_NAME);
    if (listener.protocol === "passthrough") return this.#forward(socket, addresses, { tls: true, serverName });
    const secureContext = place.served.secureContext(listener, serverName);
    if (secureContext === undefined) return void socket.end(NO_CERTIFICATE);
    const { clientCertificates: asked } = listener;
    const stream = new TLSSocket(socket, {
      isServer: true,
      secureContext,
      ALPNProtocols: listener.protocol === "https" ? ["h2", "http/1.1"] : [],
      requestCert: asked !== undefined,
      rejectUnauthorized: asked?.mode === "required",
    });
    const late = setTimeout(() => socket.destroy(), this.#options.limits.head);
    stream.on("error", () => socket.destroy());
    stream.once("close", () => {
      clearTimeout(late);
      socket.destroy();
    });
    stream.once("secure", () => {
      clearTimeout(late);
      // Node leaves it to its own tls.Server to refuse a client whose certificate does not verify.
      if (asked?.mode === "required" && !isVerified(stream)) return void stream.destroy();
      if (listener.protocol === "tls") return this.#forward(stream, addresses, { tls: true, serverName });
      // Its own tls.Server sets this; node:http2 waits for it.
      Object.assign(stream, { secureConnecting: false });
      const protocol = stream.alpnProtocol === "h2" ? "http2" : "http1";
      this.#options.front.accept(
        stream,
        protocol,
        this.#visitor(addresses, true, serverName, asked === undefined ? undefined : shownCertificate(stream)),
      );
    });
  }

  #forward(
    stream: Socket,
    addresses: ProxiedAddresses,
    how: { readonly tls: boolean; readonly serverName?: string | undefined },
  ): void {
    const place = { ...this.#options.place(), addresses };
    const request = this.#bare(addresses, how);
    const decision = decide(place.served.table, request);
    forwardStream(place, stream, decision, request, () => stream.resetAndDestroy());
  }

  #bare(
    { source }: ProxiedAddresses,
    { tls, serverName }: { readonly tls: boolean; readonly serverName?: string | undefined },
  ): RoutedRequest {
    const nothing = { method: "", host: "", target: "/", headers: {} };
    return { port: this.port, tls, serverName, clientAddress: source.address, ...nothing };
  }

  #visitor(
    addresses: ProxiedAddresses,
    tls: boolean,
    serverName: string | undefined,
    clientCertificate?: ClientCertificate,
  ): Visitor {
    const { port } = this;
    const clientAddress = addresses.source.address;
    return {
      isLeaving: () => this.#leaving,
      serve: (incoming, responder) => {
        const { method, host, target, headers } = incoming;
        const visit = { port, tls, serverName, clientAddress, clientCertificate };
        const routed = { ...visit, method, host, target, headers };
        this.#options.held.do(() =>
          new Exchange({ ...this.#options.place(), addresses }, incoming, routed, responder).run(),
        );
      },
      refused: (status, reason) => {
        const { log } = this.#options.place();
        log.add({ at: Date.now(), client: clientAddress, port, status, reason, ms: 0 });
      },
    };
  }

  /** Its first bytes, put together until `judge` has enough of them. */
  #read(socket: Socket, judge: (bytes: Buffer) => "more" | void): void {
    let bytes: Buffer = Buffer.alloc(0);
    const stop = (): void => {
      clearTimeout(late);
      socket.off("readable", look);
      socket.off("end", gone);
      socket.off("close", stop);
    };
    const gone = (): void => {
      stop();
      socket.destroy();
    };
    const look = (): void => {
      const more = socket.read() as Buffer | null;
      if (more === null) return;
      bytes = bytes.length === 0 ? more : Buffer.concat([bytes, more]);
      stop();
      if (judge(bytes) === "more") {
        late = setTimeout(gone, this.#options.limits.head);
        listen();
      }
    };
    const listen = (): void => {
      socket.on("readable", look);
      socket.once("end", gone);
      socket.once("close", stop);
    };
    let late = setTimeout(gone, this.#options.limits.head);
    listen();
  }
}

/** What filters judge of it; its subject in the order of RFC 2253, the last name first. */
function shownCertificate(stream: TLSSocket): ClientCertificate | undefined {
  const shown = stream.getPeerX509Certificate();
  if (shown === undefined) return undefined;
  return { subject: shown.subject.split("\n").toReversed().join(","), verified: isVerified(stream) };
}

/** A certificate was shown, and it leads to one of the authorities. */
function isVerified(stream: TLSSocket): boolean {
  const { _handle: handle } = stream as unknown as { readonly _handle?: { verifyError(): Error | null } | null };
  return handle?.verifyError() === null;
}

/** `::ffff:10.0.0.1` is 10.0.0.1. */
function plain(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:(?=\d+\.)/i, "");
}

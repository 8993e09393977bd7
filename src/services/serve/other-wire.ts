/**
 * Protocols of a built-in server's clients besides plain HTTP/1, detected by their first bytes: TLS, and HTTP/2 without
 * negotiation, over which gRPC checks health. Node's own implementations take over such a connection.
 */
// No import(): the package's script has none. The build loads them when they are used.
import { performServerHandshake, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createSecureContext, TLSSocket } from "node:tls";
import { GRPC, HEALTH_CHECK, SERVING_RESPONSE } from "../grpc-health.ts";
import { answerRequests, contentOf, type Encounter } from "./answer.ts";
import { serverCertificate } from "./certificate.ts";
import { RequestParser } from "./request.ts";

export type Wire = "tls" | "http2";

/** Record type and major version of a TLS ClientHello. */
const HANDSHAKE = Buffer.from([0x16, 0x03]);
/** RFC 9113 3.4; no method of HTTP/1 is called so. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n");

const begins = (bytes: Buffer, start: Buffer): boolean => bytes.subarray(0, start.length).equals(start);

/** Undefined: HTTP/1, or unknown. */
export function wireOf(first: Buffer): Wire | undefined {
  if (begins(first, HANDSHAKE)) return "tls";
  return begins(first, PREFACE) ? "http2" : undefined;
}

/** Node throws at what a client can bring about, as an answer to a stream that the client has closed: it costs the client alone. */
function contain(act: () => void, close: () => unknown): void {
  try {
    act();
  } catch {
    close();
  }
}

/**
 * Takes over a connected TCP socket of which `first` has already been read. `idle`: milliseconds of silence after which it is
 * closed. Returns a function that closes it at once; `ended` is called once, however it ends.
 */
export function takeOver(
  fd: number,
  wire: Wire,
  first: Buffer,
  who: Encounter,
  idle: number,
  ended: () => void,
): () => void {
  const socket = new Socket({ fd, readable: true, writable: true });
  const close = (): unknown => socket.destroy();
  socket.on("error", close).setTimeout(idle, close).once("close", ended);
  socket.unshift(Buffer.from(first));
  contain(() => (wire === "tls" ? speakTls : speakHttp2)(socket, who), close);
  return () => void close();
}

function speakTls(socket: Socket, who: Encounter): void {
  const secureContext = createSecureContext(serverCertificate());
  const secure = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ["http/1.1"] });
  secure.on("error", () => socket.destroy());
  speakHttp1(secure, who);
}

function speakHttp1(stream: Duplex, who: Encounter): void {
  const parser = new RequestParser();
  let last = false;
  stream.on("data", (bytes: Buffer) => {
    if (last) return;
    parser.push(bytes);
    const answered = answerRequests(parser, () => who);
    last = answered.last;
    if (last) stream.end(answered.out);
    else if (answered.out !== "") stream.write(answered.out);
  });
}

function speakHttp2(socket: Socket, who: Encounter): void {
  const session = performServerHandshake(socket);
  session.on("error", () => socket.destroy());
  session.on("stream", (stream, headers) => {
    stream.on("error", () => stream.destroy()).resume();
    contain(
      () => answerStream(stream, headers, who),
      () => stream.destroy(),
    );
  });
}

function answerStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, who: Encounter): void {
  const path = headers[":path"] ?? "/";
  if (headers["content-type"]?.startsWith(GRPC) !== true) {
    const request = { method: headers[":method"] ?? "GET", target: path, headers: textsOf(headers) };
    const { status, type, body } = contentOf(request, who);
    stream.respond({ ":status": status, "content-type": type });
    stream.end(request.method === "HEAD" ? "" : body);
  } else if (path === HEALTH_CHECK) {
    stream.respond({ ":status": 200, "content-type": GRPC }, { waitForTrailers: true });
    stream.on("wantTrailers", () =>
      contain(
        () => stream.sendTrailers({ "grpc-status": "0" }),
        () => stream.destroy(),
      ),
    );
    stream.end(SERVING_RESPONSE);
  } else {
    const unimplemented = { "grpc-status": "12", "grpc-message": "the built-in server knows health checks only" };
    stream.respond({ ":status": 200, "content-type": GRPC, ...unimplemented }, { endStream: true });
  }
}

function textsOf(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, String(value ?? "")]));
}

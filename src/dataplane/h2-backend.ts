/** An HTTP/2 connection to a backend, with or without TLS: many requests at a time (RFC 9113). */
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { BackendError, type AnswerSink, type HeaderList, type OutgoingRequest, type Sending } from "./answer-sink.ts";

export class Http2Connection {
  readonly #session: ClientHttp2Session;
  readonly #where: string;

  /** `closed`: no new request may be sent over it. */
  constructor(stream: Duplex, where: string, closed: () => void) {
    this.#where = where;
    this.#session = connect("http://backend", { createConnection: () => stream });
    this.#session.on("error", () => this.#session.destroy());
    this.#session.on("goaway", closed);
    this.#session.on("close", closed);
  }

  get usable(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  send(request: OutgoingRequest, sink: AnswerSink): Sending {
    return new Stream(this.#session, request, sink, this.#where);
  }

  /** When its streams have ended. */
  close(): void {
    if (this.usable) this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }
}

class Stream implements Sending {
  onDrain: (() => void) | undefined;
  readonly #sink: AnswerSink;
  readonly #where: string;
  #stream: ClientHttp2Stream | undefined;
  #trailers: HeaderList = [];
  #begun = false;
  #over = false;

  constructor(session: ClientHttp2Session, request: OutgoingRequest, sink: AnswerSink, where: string) {
    this.#sink = sink;
    this.#where = where;
    try {
      this.#stream = this.#open(session, request);
    } catch (error) {
      queueMicrotask(() => this.#fail(new BackendError("closed", `${where}: ${String(error)}`, true)));
    }
  }

  #open(
    session: ClientHttp2Session,
    { method, path, host, scheme, headers, length }: OutgoingRequest,
  ): ClientHttp2Stream {
    const fields = [":method", method, ":scheme", scheme, ":authority", host, ":path", path];
    for (let at = 0; at < headers.length; at += 2)
      fields.push((headers[at] ?? "").toLowerCase(), headers[at + 1] ?? "");
    if (typeof length === "number" && length > 0) fields.push("content-length", String(length));
    const stream = session.request(fields, { endStream: length === 0 });
    stream.on("response", (answer, _flags, raw: HeaderList) => {
      this.#begun = true;
      const status = Number(answer[":status"]);
      if (!this.#over) this.#sink.head(status, regular(raw));
    });
    stream.on("data", (chunk: Buffer) => {
      if (!this.#over && !this.#sink.data(chunk)) stream.pause();
    });
    stream.on("trailers", (trailers) => (this.#trailers = flat(trailers)));
    stream.on("end", () => this.#end(stream));
    stream.on("drain", () => this.onDrain?.());
    stream.on("error", () => undefined); // followed by close
    stream.on("close", () => {
      const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
      this.#fail(
        new BackendError(
          "closed",
          `${this.#where}: the stream was closed (${stream.rstCode})`,
          refused || !this.#begun,
        ),
      );
    });
    return stream;
  }

  write(chunk: Buffer): boolean {
    if (this.#over || this.#stream?.writable !== true) return true;
    return this.#stream.write(chunk);
  }

  end(): void {
    if (this.#stream?.writable === true) this.#stream.end();
  }

  resume(): void {
    this.#stream?.resume();
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stream?.close(constants.NGHTTP2_CANCEL);
  }

  #end(stream: ClientHttp2Stream): void {
    if (this.#over) return;
    if (!this.#begun || stream.rstCode !== 0) return; // close says why
    this.#over = true;
    this.#sink.end(this.#trailers);
    // What is still to be sent of the request is not wanted any more.
    if (stream.writable && !stream.writableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #fail(error: BackendError): void {
    if (this.#over) return;
    this.#over = true;
    this.#sink.fail(error);
  }
}

/** Without pseudo headers. */
function regular(raw: HeaderList): HeaderList {
  const found: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    if (!name.startsWith(":")) found.push(name, raw[at + 1] ?? "");
  }
  return found;
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): HeaderList {
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? ""]).flatMap((one) => [name, one]),
  );
}

/** One connection to a backend that speaks HTTP/1.1: one request after the other. */
import type { Duplex } from "node:stream";
import { BackendError, type AnswerSink, type HeaderList, type OutgoingRequest, type Sending } from "./answer-sink.ts";
import { ResponseParser, type ResponseEvents } from "./response-parser.ts";

/** Milliseconds that an idle connection is kept (nginx: keepalive_timeout 60s). */
const IDLE = 60_000;

export class Http1Connection {
  readonly #stream: Duplex;
  readonly #where: string;
  /** It may be given another request, or it has ended. */
  readonly #free: (connection: Http1Connection, reusable: boolean) => void;
  #request: Request | undefined;
  #idle: NodeJS.Timeout | undefined;
  #used = false;
  #ended = false;

  constructor(stream: Duplex, where: string, free: (connection: Http1Connection, reusable: boolean) => void) {
    this.#stream = stream;
    this.#where = where;
    this.#free = free;
    stream.on("data", (chunk: Buffer) => {
      if (this.#request === undefined) this.close(); // an answer without a request
      else this.#request.push(chunk);
    });
    stream.on("drain", () => this.#request?.onDrain?.());
    stream.on("end", () => this.#lost("it closed the connection"));
    stream.on("close", () => this.#lost("the connection is closed"));
    stream.on("error", (error: NodeJS.ErrnoException) => this.#lost(error.code ?? error.message));
  }

  /** It has answered before: the other end may have given it up by now. */
  get used(): boolean {
    return this.#used;
  }

  get usable(): boolean {
    return !this.#ended && this.#request === undefined && this.#stream.writable;
  }

  send(request: OutgoingRequest, sink: AnswerSink): Sending {
    clearTimeout(this.#idle);
    const sending = new Request(this.#stream, request, sink, this.#where, (reusable) => {
      this.#request = undefined;
      this.#used = true;
      if (reusable === true && !this.#ended && this.#stream.writable) {
        this.#idle = setTimeout(() => this.close(), IDLE).unref();
        this.#free(this, true);
      } else if (reusable !== "upgraded") this.close();
      else this.#give();
    });
    this.#request = sending;
    sending.begin();
    return sending;
  }

  close(): void {
    this.#ended = true;
    clearTimeout(this.#idle);
    this.#stream.destroy();
    this.#free(this, false);
  }

  /** The stream is another's now. */
  #give(): void {
    this.#ended = true;
    for (const event of ["data", "drain", "end", "close", "error"]) this.#stream.removeAllListeners(event);
    this.#free(this, false);
  }

  #lost(why: string): void {
    if (this.#ended) return;
    const request = this.#request;
    this.#ended = true;
    this.#request = undefined;
    clearTimeout(this.#idle);
    this.#stream.destroy();
    this.#free(this, false);
    request?.lost(why);
  }
}

class Request implements Sending, ResponseEvents {
  onDrain: (() => void) | undefined;
  readonly #stream: Duplex;
  readonly #request: OutgoingRequest;
  readonly #sink: AnswerSink;
  readonly #where: string;
  readonly #parser: ResponseParser;
  readonly #done: (reusable: boolean | "upgraded") => void;
  #sent = false;
  #over = false;

  constructor(
    stream: Duplex,
    request: OutgoingRequest,
    sink: AnswerSink,
    where: string,
    done: (reusable: boolean | "upgraded") => void,
  ) {
    this.#stream = stream;
    this.#request = request;
    this.#sink = sink;
    this.#where = where;
    this.#done = done;
    this.#parser = new ResponseParser(request.method, this);
  }

  begin(): void {
    this.#stream.write(headOf(this.#request), "latin1");
    if (this.#request.length === 0) this.#sent = true;
  }

  write(chunk: Buffer): boolean {
    if (this.#over || chunk.length === 0) return true;
    if (this.#request.length !== "chunked") return this.#stream.write(chunk);
    this.#stream.cork();
    this.#stream.write(`${chunk.length.toString(16)}\r\n`, "latin1");
    this.#stream.write(chunk);
    const room = this.#stream.write("\r\n", "latin1");
    this.#stream.uncork();
    return room;
  }

  end(trailers: HeaderList = []): void {
    if (this.#over || this.#sent) return;
    this.#sent = true;
    if (this.#request.length === "chunked") this.#stream.write(`0\r\n${linesOf(trailers)}\r\n`, "latin1");
  }

  resume(): void {
    if (!this.#over) this.#stream.resume();
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#done(false);
  }

  push(chunk: Buffer): void {
    this.#parser.push(chunk);
  }

  lost(why: string): void {
    if (this.#over || this.#parser.eof()) return;
    const untouched = !this.#parser.begun;
    this.#over = true;
    this.#sink.fail(new BackendError("closed", `${this.#where}: ${why}`, untouched));
  }

  head(status: number, headers: HeaderList): void {
    this.#sink.head(status, headers);
  }

  data(chunk: Buffer): void {
    if (!this.#over && !this.#sink.data(chunk)) this.#stream.pause();
  }

  /** An answer that comes before the request is out leaves the connection unusable. */
  complete(trailers: HeaderList, reusable: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#stream.resume();
    this.#done(reusable && this.#sent);
    this.#sink.end(trailers);
  }

  upgraded(first: Buffer): void {
    if (this.#over) return;
    this.#over = true;
    this.#done("upgraded");
    this.#sink.upgraded(this.#stream, first);
  }

  malformed(why: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#done(false);
    this.#sink.fail(new BackendError("malformed", `${this.#where}: ${why}`));
  }
}

function linesOf(headers: HeaderList): string {
  let text = "";
  for (let at = 0; at < headers.length; at += 2) text += `${headers[at] ?? ""}: ${headers[at + 1] ?? ""}\r\n`;
  return text;
}

function headOf({ method, path, host, headers, length, upgrade }: OutgoingRequest): string {
  const body =
    length === "chunked"
      ? "Transfer-Encoding: chunked\r\n"
      : bodied(method, length)
        ? `Content-Length: ${length}\r\n`
        : "";
  const hop = upgrade === undefined ? "" : `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${linesOf(headers)}${body}${hop}\r\n`;
}

/** A length of 0 is sent where a body could be expected (RFC 9110 8.6). */
function bodied(method: string, length: number): boolean {
  return length > 0 || method === "POST" || method === "PUT" || method === "PATCH";
}

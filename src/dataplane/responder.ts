/** How an answer is given to a client: of HTTP/1.1, of HTTP/2, or on a connection that asked for another protocol. */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import { constants, type Http2ServerResponse } from "node:http2";
import type { Duplex } from "node:stream";
import type { HeaderList } from "./answer-sink.ts";

export interface Responder {
  readonly begun: boolean;
  head(status: number, headers: HeaderList): void;
  /** False: wait for `onDrain`. */
  write(chunk: Buffer): boolean;
  end(trailers: HeaderList): void;
  /** What has been sent so far is not the whole answer. */
  breakOff(): void;
  onDrain: (() => void) | undefined;
  /** The client has gone before the end, or the answer is out. Called once. */
  onClose: ((complete: boolean) => void) | undefined;
  /** Present where the client asked for another protocol. */
  readonly upgrade?: ((headers: HeaderList, stream: Duplex, first: Buffer) => void) | undefined;
}

export class NodeResponder implements Responder {
  onDrain: (() => void) | undefined;
  onClose: ((complete: boolean) => void) | undefined;
  readonly #response: ServerResponse | Http2ServerResponse;
  readonly #patience: number;
  #stalled: NodeJS.Timeout | undefined;
  #begun = false;
  #ended = false;

  /** `patience`: milliseconds for a client that does not read. */
  constructor(response: ServerResponse | Http2ServerResponse, patience: number) {
    this.#response = response;
    this.#patience = patience;
    response.on("drain", () => {
      clearTimeout(this.#stalled);
      this.#stalled = undefined;
      this.onDrain?.();
    });
    response.on("error", () => undefined); // followed by close
    response.once("close", () => {
      clearTimeout(this.#stalled);
      this.onClose?.(this.#ended);
    });
  }

  get begun(): boolean {
    return this.#begun;
  }

  head(status: number, headers: HeaderList): void {
    this.#begun = true;
    if ("stream" in this.#response) this.#response.writeHead(status, lowerNames(headers) as string[]);
    else this.#response.writeHead(status, headers as string[]);
  }

  write(chunk: Buffer): boolean {
    const hasRoom = (this.#response as ServerResponse).write(chunk);
    if (!hasRoom) this.#stalled ??= setTimeout(() => this.breakOff(), this.#patience);
    return hasRoom;
  }

  end(trailers: HeaderList): void {
    this.#ended = true;
    if (trailers.length > 0) this.#response.addTrailers(recordOf(trailers));
    this.#response.end();
  }

  breakOff(): void {
    if ("stream" in this.#response) this.#response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else this.#response.socket?.destroy();
  }
}

/** After `Upgrade`: Node leaves the connection to us. An answer other than 101 is its last. */
export class UpgradeResponder implements Responder {
  onDrain: (() => void) | undefined;
  onClose: ((complete: boolean) => void) | undefined;
  readonly #socket: Duplex;
  readonly #first: Buffer;
  #begun = false;
  #ended = false;
  #upgraded = false;

  constructor(_request: IncomingMessage, socket: Duplex, first: Buffer) {
    this.#socket = socket;
    this.#first = first;
    socket.on("drain", () => {
      if (!this.#upgraded) this.onDrain?.();
    });
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.onClose?.(this.#ended));
  }

  get begun(): boolean {
    return this.#begun;
  }

  head(status: number, headers: HeaderList): void {
    this.#begun = true;
    this.#socket.write(headText(status, [...headers, "Connection", "close"]), "latin1");
  }

  write(chunk: Buffer): boolean {
    return this.#socket.write(chunk);
  }

  end(): void {
    this.#ended = true;
    this.#socket.end();
  }

  breakOff(): void {
    this.#socket.destroy();
  }

  readonly upgrade = (headers: HeaderList, stream: Duplex, first: Buffer): void => {
    this.#begun = true;
    this.#upgraded = true;
    const client = this.#socket;
    client.write(headText(101, headers), "latin1");
    if (first.length > 0) client.write(first);
    if (this.#first.length > 0) stream.write(this.#first);
    join(client, stream);
    join(stream, client);
    // The end of one direction is the end of both, when all has been sent on (nginx, ngx_http_upstream_process_upgraded).
    client.once("end", () => stream.once("finish", () => stream.destroy()));
    stream.once("end", () => client.once("finish", () => client.destroy()));
    stream.once("close", () => {
      this.#ended = true;
    });
  };
}

/** One direction: bytes and their end; where one side breaks off, so does the other. */
export function join(from: Duplex, to: Duplex): void {
  from.pipe(to);
  from.on("error", () => to.destroy());
  from.once("close", () => {
    if (!from.readableEnded) to.destroy();
  });
}

export function headText(status: number, headers: HeaderList): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
  for (let at = 0; at < headers.length; at += 2) text += `${headers[at] ?? ""}: ${headers[at + 1] ?? ""}\r\n`;
  return `${text}\r\n`;
}

function lowerNames(headers: HeaderList): HeaderList {
  return headers.map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text));
}

function recordOf(headers: HeaderList): Record<string, string> {
  const found: Record<string, string> = {};
  for (let at = 0; at < headers.length; at += 2) found[(headers[at] ?? "").toLowerCase()] = headers[at + 1] ?? "";
  return found;
}

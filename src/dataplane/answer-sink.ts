/** How a backend's answer arrives, whichever protocol it speaks; and how a request is sent to it. */
import type { Duplex } from "node:stream";

/** Name, value, name, value …, in the order of the wire. */
export type HeaderList = readonly string[];

/** Why a try at a backend failed: no connection, no answer in time, an answer that is none, a certificate that does not fit. */
export class BackendError extends Error {
  readonly reason: "connect" | "connect-timeout" | "timeout" | "closed" | "malformed" | "certificate";
  /** Nothing of the request can have been acted on. */
  readonly untouched: boolean;

  constructor(reason: BackendError["reason"], message: string, untouched = false) {
    super(message);
    this.name = "BackendError";
    this.reason = reason;
    this.untouched = untouched;
  }
}

/** After `head`, `data` and then `end`, or `upgraded`; `fail` ends it at any time. Each is called in a turn of its own of the socket. */
export interface AnswerSink {
  head(status: number, headers: HeaderList): void;
  /** False: nothing further until resume(). */
  data(chunk: Buffer): boolean;
  end(trailers: HeaderList): void;
  /** After 101: the bytes are no longer HTTP. */
  upgraded(stream: Duplex, first: Buffer): void;
  fail(error: BackendError): void;
}

export interface OutgoingRequest {
  readonly method: string;
  /** Host, or authority. */
  readonly host: string;
  readonly path: string;
  readonly scheme: "http" | "https";
  /** Without Host and what frames a body. */
  readonly headers: HeaderList;
  /** Bytes; `chunked`: not known; 0: none. */
  readonly length: number | "chunked";
  /** Protocol that is asked for by `Upgrade`. */
  readonly upgrade?: string | undefined;
}

/** A request under way. */
export interface Sending {
  /** False: wait for `onDrain`. */
  write(chunk: Buffer): boolean;
  end(trailers?: HeaderList): void;
  onDrain: (() => void) | undefined;
  resume(): void;
  /** Nothing more is wanted of it. */
  abort(): void;
}

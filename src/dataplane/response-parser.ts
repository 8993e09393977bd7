/** HTTP/1.1 answers of backends, from their bytes (RFC 9112). What could be read in two ways is refused. */
import type { HeaderList } from "./answer-sink.ts";

/** Bytes of a head, and of trailers. */
const HEAD_LIMIT = 64 * 1024;
const LINE_LIMIT = 1024;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Control characters other than a tab. */
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;
const SIZE = /^([0-9a-fA-F]{1,12})[\t ]*(?:;.*)?$/;

export interface ResponseEvents {
  head(status: number, headers: HeaderList): void;
  data(chunk: Buffer): void;
  /** `reusable`: another request may follow on the connection. */
  complete(trailers: HeaderList, reusable: boolean): void;
  upgraded(first: Buffer): void;
  malformed(why: string): void;
}

type State = "head" | "length" | "chunk-size" | "chunk" | "chunk-end" | "trailers" | "until-close" | "over";

export class ResponseParser {
  readonly #events: ResponseEvents;
  readonly #method: string;
  #state: State = "head";
  #rest: Buffer | undefined;
  /** Bytes of the body, or of its chunk, that are still to come. */
  #left = 0;
  #reusable = true;

  constructor(method: string, events: ResponseEvents) {
    this.#method = method;
    this.#events = events;
  }

  /** Something of an answer has arrived, and not all. */
  get begun(): boolean {
    return this.#state !== "head" || this.#rest !== undefined;
  }

  get over(): boolean {
    return this.#state === "over";
  }

  push(incoming: Buffer): void {
    let bytes = this.#rest === undefined ? incoming : Buffer.concat([this.#rest, incoming]);
    this.#rest = undefined;
    while (!this.over) {
      if (bytes.length === 0) return;
      const used = this.#step(bytes);
      if (used === undefined) {
        this.#rest = bytes;
        return;
      }
      bytes = bytes.subarray(used);
    }
  }

  /** The connection has ended. False: in the middle of an answer. */
  eof(): boolean {
    if (this.#state === "until-close") {
      this.#end([], false);
      return true;
    }
    return this.over;
  }

  /** Bytes that were used; undefined: more are needed. */
  #step(bytes: Buffer): number | undefined {
    switch (this.#state) {
      case "head":
        return this.#head(bytes);
      case "length":
      case "chunk":
        return this.#body(bytes);
      case "chunk-size":
        return this.#size(bytes);
      case "chunk-end":
        return this.#chunkEnd(bytes);
      case "trailers":
        return this.#trailers(bytes);
      default:
        this.#events.data(bytes);
        return bytes.length;
    }
  }

  #head(bytes: Buffer): number | undefined {
    const end = bytes.indexOf("\r\n\r\n");
    if (end < 0) {
      if (bytes.length > HEAD_LIMIT) this.#refuse("its head is too long");
      return undefined;
    }
    const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
    const status = STATUS_LINE.exec(first);
    const headers = headersOf(lines);
    if (status === null) this.#refuse("its first line is not that of HTTP/1.1");
    else if (headers === undefined) this.#refuse("a header is malformed");
    else this.#begin(Number(status[2]), status[1] === "0", headers, bytes.subarray(end + 4));
    return end + 4;
  }

  #begin(status: number, isOld: boolean, headers: HeaderList, after: Buffer): void {
    if (status === 101) {
      this.#state = "over";
      this.#events.head(status, headers);
      this.#events.upgraded(after);
      return;
    }
    if (status < 200) return; // 100, 103: the answer is still to come
    const { length, coding, connection } = framing(headers);
    if (length === "conflict") return this.#refuse("it has several lengths");
    if (coding !== undefined && (length !== undefined || isOld)) return this.#refuse("it has a length and is chunked");
    if (coding !== undefined && coding !== "chunked") return this.#refuse(`its transfer coding is ${coding}`);
    this.#reusable = isOld ? connection.includes("keep-alive") : !connection.includes("close");
    const isEmpty = this.#method === "HEAD" || status === 204 || status === 304;
    if (isEmpty || length === 0) {
      this.#events.head(status, status === 204 ? withoutLength(headers) : headers);
      return this.#end([], this.#reusable);
    }
    this.#state = coding !== undefined ? "chunk-size" : length === undefined ? "until-close" : "length";
    this.#left = length ?? 0;
    this.#events.head(status, headers);
  }

  #body(bytes: Buffer): number {
    const part = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= part.length;
    const isLast = this.#left === 0;
    const isChunk = this.#state === "chunk";
    if (isLast && isChunk) this.#state = "chunk-end";
    this.#events.data(part);
    if (isLast && !isChunk) this.#end([], this.#reusable);
    return part.length;
  }

  #size(bytes: Buffer): number | undefined {
    const end = bytes.indexOf("\r\n");
    if (end < 0 || end > LINE_LIMIT) {
      if (bytes.length > LINE_LIMIT) this.#refuse("a chunk's size is too long");
      return undefined;
    }
    const line = bytes.toString("latin1", 0, end);
    const size = SIZE.exec(line);
    if (size === null || CONTROL.test(line)) this.#refuse("a chunk has no size");
    else {
      this.#left = Number.parseInt(size[1] ?? "", 16);
      this.#state = this.#left === 0 ? "trailers" : "chunk";
    }
    return end + 2;
  }

  #chunkEnd(bytes: Buffer): number | undefined {
    if (bytes.length < 2) return undefined;
    if (bytes[0] !== 13 || bytes[1] !== 10) this.#refuse("a chunk is longer than its size");
    else this.#state = "chunk-size";
    return 2;
  }

  #trailers(bytes: Buffer): number | undefined {
    if (bytes.length < 2) return undefined;
    if (bytes[0] === 13 && bytes[1] === 10) {
      this.#end([], this.#reusable);
      return 2;
    }
    const end = bytes.indexOf("\r\n\r\n");
    if (end < 0) {
      if (bytes.length > HEAD_LIMIT) this.#refuse("its trailers are too long");
      return undefined;
    }
    const trailers = headersOf(bytes.toString("latin1", 0, end).split("\r\n"));
    if (trailers === undefined) this.#refuse("a trailer is malformed");
    else this.#end(trailers, this.#reusable);
    return end + 4;
  }

  #end(trailers: HeaderList, reusable: boolean): void {
    this.#state = "over";
    this.#events.complete(trailers, reusable);
  }

  #refuse(why: string): void {
    this.#state = "over";
    this.#events.malformed(why);
  }
}

/** Undefined where a line is none: folded, without a name, with control characters. */
function headersOf(lines: readonly string[]): HeaderList | undefined {
  const found: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon));
    if (!TOKEN.test(name) || CONTROL.test(line)) return undefined;
    found.push(name, line.slice(colon + 1).trim());
  }
  return found;
}

/** A 204 may have none (RFC 9110 8.6). */
function withoutLength(headers: HeaderList): HeaderList {
  return headers.flatMap((name, at) =>
    at % 2 === 0 && name.toLowerCase() !== "content-length" ? [name, headers[at + 1] ?? ""] : [],
  );
}

interface Framing {
  length: number | "conflict" | undefined;
  coding: string | undefined;
  connection: string;
}

function framing(headers: HeaderList): Framing {
  const found: Framing = { length: undefined, coding: undefined, connection: "" };
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? "";
    if (name.length !== 14 && name.length !== 17 && name.length !== 10) continue;
    const value = headers[at + 1] ?? "";
    const lower = name.toLowerCase();
    if (lower === "content-length") {
      const length = /^\d{1,15}$/.test(value) ? Number(value) : "conflict";
      found.length = found.length === undefined ? length : "conflict";
    } else if (lower === "transfer-encoding")
      found.coding = found.coding === undefined ? value.toLowerCase() : `${found.coding}, ${value}`;
    else if (lower === "connection") found.connection += `,${value.toLowerCase()}`;
  }
  return found;
}

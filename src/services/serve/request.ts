/** Where one HTTP/1.x request ends and the next begins in a stream of bytes (RFC 9112); bodies are skipped. */

export interface HttpRequest {
  readonly method: string;
  /** Request target as sent: path and query. */
  readonly target: string;
  readonly version: "1.0" | "1.1";
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly keepAlive: boolean;
}

/** Longest header section and longest chunk-size line that is accepted. */
export const HEAD_LIMIT = 16 * 1024;

export type Parsed =
  | { readonly kind: "request"; readonly request: HttpRequest }
  /** The client waits for `100 Continue` before it sends its body. */
  | { readonly kind: "continue" }
  | { readonly kind: "more" }
  | { readonly kind: "bad"; readonly status: 400 | 431 | 505; readonly reason: string };

const MORE: Parsed = { kind: "more" };
const LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ \r\n]+) HTTP\/(\d)\.(\d)$/;

/** Feed bytes with push(), take requests with next() until it says `more`. After `bad` the connection is over. */
export class RequestParser {
  #buffered: Buffer = Buffer.alloc(0);
  #pending: HttpRequest | undefined;
  /** Body bytes still to be skipped, or the state of a chunked body. */
  #skip = 0;
  #chunk: "none" | "size" | "data" | "trailer" = "none";

  push(bytes: Buffer): void {
    this.#buffered = this.#buffered.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#buffered, bytes]);
  }

  /** Nothing of a further request has arrived. */
  get idle(): boolean {
    return this.#pending === undefined && this.#buffered.length === 0;
  }

  next(): Parsed {
    if (this.#pending === undefined) {
      const head = this.#head();
      if (head !== undefined) return head;
    }
    const body = this.#body();
    if (body !== undefined) return body;
    const request = this.#pending;
    this.#pending = undefined;
    return request === undefined ? MORE : { kind: "request", request };
  }

  /** Parses the header section into #pending; an answer when that is not all. */
  #head(): Parsed | undefined {
    let start = 0;
    while (this.#buffered[start] === 13 || this.#buffered[start] === 10) start++; // RFC 9112 2.2: leading empty lines
    if (start > 0) this.#buffered = this.#buffered.subarray(start);
    const end = headEnd(this.#buffered);
    if (end === undefined) {
      if (this.#buffered.length > HEAD_LIMIT) return { kind: "bad", status: 431, reason: "header too long" };
      return notHttp(this.#buffered) ? { kind: "bad", status: 400, reason: "not HTTP" } : MORE;
    }
    if (end.text > HEAD_LIMIT) return { kind: "bad", status: 431, reason: "header too long" };
    const lines = this.#buffered.toString("latin1", 0, end.text).split(/\r?\n/);
    this.#buffered = this.#buffered.subarray(end.next);
    const match = LINE.exec(lines[0] ?? "");
    if (match === null) return { kind: "bad", status: 400, reason: "malformed request line" };
    const [, method = "", target = "", major, minor] = match;
    if (major !== "1") return { kind: "bad", status: 505, reason: "only HTTP/1.x is supported here" };
    const headers: Record<string, string> = Object.create(null);
    for (const line of lines.slice(1)) {
      const colon = line.indexOf(":");
      if (colon <= 0) return { kind: "bad", status: 400, reason: "malformed header line" };
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
    }
    const version = minor === "0" ? "1.0" : "1.1";
    const connection = (headers["connection"] ?? "").toLowerCase();
    const keepAlive = version === "1.1" ? !connection.includes("close") : connection.includes("keep-alive");
    this.#pending = { method, target, version, headers, keepAlive };
    if ((headers["transfer-encoding"] ?? "").toLowerCase().includes("chunked")) this.#chunk = "size";
    else if (headers["content-length"] !== undefined) {
      if (!/^\d{1,15}$/.test(headers["content-length"]))
        return { kind: "bad", status: 400, reason: "bad Content-Length" };
      this.#skip = Number(headers["content-length"]);
    }
    const waits = (headers["expect"] ?? "").toLowerCase() === "100-continue";
    const body = this.#chunk !== "none" || this.#skip > 0;
    return waits && body && this.#buffered.length === 0 ? { kind: "continue" } : undefined;
  }

  /** Skips the body; an answer when it is not all there. */
  #body(): Parsed | undefined {
    for (;;) {
      if (this.#skip > 0) {
        const n = Math.min(this.#skip, this.#buffered.length);
        this.#buffered = this.#buffered.subarray(n);
        this.#skip -= n;
        if (this.#skip > 0) return MORE;
      }
      if (this.#chunk === "none") return undefined;
      const newline = this.#buffered.indexOf(10);
      if (newline < 0) {
        return this.#buffered.length > HEAD_LIMIT ? { kind: "bad", status: 400, reason: "malformed chunk" } : MORE;
      }
      const line = this.#buffered.toString("latin1", 0, newline).trim();
      this.#buffered = this.#buffered.subarray(newline + 1);
      if (this.#chunk === "trailer") {
        if (line === "") this.#chunk = "none";
      } else if (this.#chunk === "data") {
        if (line !== "") return { kind: "bad", status: 400, reason: "malformed chunk" };
        this.#chunk = "size";
      } else {
        const size = /^([0-9a-f]{1,12})(;.*)?$/i.exec(line)?.[1];
        if (size === undefined) return { kind: "bad", status: 400, reason: "malformed chunk" };
        this.#skip = Number.parseInt(size, 16);
        this.#chunk = this.#skip === 0 ? "trailer" : "data";
      }
    }
  }
}

/** Where the header section ends (`text`) and what follows it begins (`next`). Bare LF is accepted, as RFC 9112 2.2 allows. */
function headEnd(bytes: Buffer): { text: number; next: number } | undefined {
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    const next = bytes[at + 1] === 13 ? at + 2 : at + 1;
    if (bytes[next] === 10) return { text: bytes[at - 1] === 13 ? at - 1 : at, next: next + 1 };
  }
  return undefined;
}

/** A complete first line that is not a request line, or bytes that no method name contains. */
function notHttp(bytes: Buffer): boolean {
  const newline = bytes.indexOf(10);
  if (newline >= 0) return !LINE.test(bytes.toString("latin1", 0, newline).replace(/\r$/, ""));
  const first = bytes[0];
  return first !== undefined && (first < 33 || first > 126);
}

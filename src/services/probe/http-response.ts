/** Reads one HTTP/1.x response from a stream of bytes (RFC 9112), keeping at most a given part of its body. */

const HEAD_LIMIT = 64 * 1024;

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How the end of the body is found. */
type Framing =
  | { kind: "none" }
  | { kind: "length"; left: number }
  | { kind: "chunked"; left: number; state: "size" | "data" | "end" | "trailer" }
  | { kind: "close" };

export class ResponseReader {
  readonly #bodyLimit: number;
  readonly #headOnly: boolean;
  #buffered: Buffer = Buffer.alloc(0);
  #status: number | undefined;
  #headers: Record<string, string> = {};
  readonly #kept: Buffer[] = [];
  #keptSize = 0;
  #framing: Framing = { kind: "none" };

  /** `headOnly`: the answer to HEAD has no body, whatever its headers say. */
  constructor(bodyLimit: number, headOnly: boolean) {
    this.#bodyLimit = bodyLimit;
    this.#headOnly = headOnly;
  }

  /** The response when it is complete, `undefined` when more must come. Throws Error on what is not HTTP. */
  push(bytes: Buffer): HttpResponse | undefined {
    this.#buffered = this.#buffered.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#buffered, bytes]);
    while (this.#status === undefined) {
      if (!this.#head()) return undefined;
    }
    return this.#body() ? this.#response() : undefined;
  }

  /** The peer closed: the response if that is a valid end of it. Throws Error when it was cut off. */
  end(): HttpResponse {
    if (this.#status === undefined) throw new Error("connection closed before an HTTP response");
    if (this.#framing.kind !== "close") throw new Error("connection closed within the HTTP response");
    return this.#response();
  }

  #head(): boolean {
    const start = this.#buffered.toString("latin1", 0, 5);
    if (!"HTTP/".startsWith(start.slice(0, 5))) throw new Error("answer is not HTTP");
    const end = this.#buffered.indexOf("\r\n\r\n");
    if (end < 0) {
      if (this.#buffered.length > HEAD_LIMIT) throw new Error("HTTP header too long");
      return false;
    }
    const [line = "", ...fields] = this.#buffered.toString("latin1", 0, end).split("\r\n");
    this.#buffered = this.#buffered.subarray(end + 4);
    const status = /^HTTP\/1\.[01] (\d{3})( |$)/.exec(line)?.[1];
    if (status === undefined) throw new Error("answer is not HTTP/1.x");
    if (status.startsWith("1")) return true; // an interim response: the real one follows
    this.#headers = {};
    for (const field of fields) {
      const colon = field.indexOf(":");
      if (colon <= 0) continue;
      const name = field.slice(0, colon).toLowerCase();
      const value = field.slice(colon + 1).trim();
      const before = Object.hasOwn(this.#headers, name) ? this.#headers[name] : undefined;
      this.#headers[name] = before === undefined ? value : `${before}, ${value}`;
    }
    this.#status = Number(status);
    this.#framing = this.#framingOf(this.#status);
    return true;
  }

  #framingOf(status: number): Framing {
    if (this.#headOnly || status === 204 || status === 304) return { kind: "none" };
    if ((this.#headers["transfer-encoding"] ?? "").toLowerCase().includes("chunked"))
      return { kind: "chunked", left: 0, state: "size" };
    const length = this.#headers["content-length"];
    if (length === undefined) return { kind: "close" };
    if (!/^\d{1,15}$/.test(length)) throw new Error("bad Content-Length");
    return { kind: "length", left: Number(length) };
  }

  /** True when the body is complete. */
  #body(): boolean {
    const framing = this.#framing;
    if (framing.kind === "none") return true;
    if (framing.kind === "close") {
      this.#keep(this.#buffered.length);
      return false;
    }
    if (framing.kind === "length") {
      framing.left -= this.#keep(Math.min(framing.left, this.#buffered.length));
      return framing.left === 0;
    }
    for (;;) {
      if (framing.state === "data") {
        framing.left -= this.#keep(Math.min(framing.left, this.#buffered.length));
        if (framing.left > 0) return false;
        framing.state = "end";
      }
      const newline = this.#buffered.indexOf(10);
      if (newline < 0) return false;
      const line = this.#buffered.toString("latin1", 0, newline).trim();
      this.#buffered = this.#buffered.subarray(newline + 1);
      if (framing.state === "end") framing.state = "size";
      else if (framing.state === "trailer") {
        if (line === "") return true;
      } else {
        const size = /^[0-9a-f]{1,12}/i.exec(line)?.[0];
        if (size === undefined) throw new Error("malformed chunk");
        framing.left = Number.parseInt(size, 16);
        framing.state = framing.left === 0 ? "trailer" : "data";
      }
    }
  }

  /** Moves bytes from the buffer to the body; those beyond the limit are dropped. */
  #keep(size: number): number {
    const room = Math.min(size, this.#bodyLimit - this.#keptSize);
    if (room > 0) {
      this.#kept.push(this.#buffered.subarray(0, room));
      this.#keptSize += room;
    }
    this.#buffered = this.#buffered.subarray(size);
    return size;
  }

  #response(): HttpResponse {
    return { status: this.#status ?? 0, headers: this.#headers, body: Buffer.concat(this.#kept).toString("utf8") };
  }
}

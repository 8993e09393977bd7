/** The server name and protocols that a TLS client asks for, read from its first bytes (RFC 8446 4.1.2, RFC 6066 3, RFC 7301). */

export interface ClientHello {
  /** Lower case; undefined: the client names none. */
  readonly serverName: string | undefined;
  readonly protocols: readonly string[];
}

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const ALPN = 16;
/** A longer message is refused: the largest key shares have a few kilobytes. */
const LONGEST = 64 * 1024;

/** `more`: it is not complete yet. `other`: it is something else. */
export function readClientHello(bytes: Buffer): ClientHello | "more" | "other" {
  const message = handshakeOf(bytes);
  if (typeof message === "string") return message;
  try {
    return parse(new Reader(message));
  } catch {
    return "other";
  }
}

/** The first handshake message, put together from its records. */
function handshakeOf(bytes: Buffer): Buffer | "more" | "other" {
  const parts: Buffer[] = [];
  let size = 0;
  let wanted = Infinity;
  for (let at = 0; size < wanted;) {
    if (at < bytes.length && bytes[at] !== HANDSHAKE) return "other";
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return "other";
    if (bytes.length - at < 5) return "more";
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0) return "other";
    const part = bytes.subarray(at + 5, at + 5 + length);
    parts.push(part);
    size += part.length;
    const head = parts.length === 1 ? part : Buffer.concat(parts);
    if (head.length > 0 && head[0] !== CLIENT_HELLO) return "other";
    if (head.length >= 4) wanted = 4 + head.readUIntBE(1, 3);
    if (wanted !== Infinity && wanted > LONGEST) return "other";
    if (part.length < length && size < wanted) return "more";
    at += 5 + length;
  }
  return Buffer.concat(parts).subarray(4, wanted);
}

/** Throws RangeError beyond the end. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  number(size: number): number {
    const value = this.#bytes.readUIntBE(this.#at, size);
    this.#at += size;
    return value;
  }

  take(size: number): Buffer {
    if (size > this.left) throw new RangeError("truncated");
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  /** A vector whose length stands before it in `size` bytes. */
  vector(size: number): Reader {
    return new Reader(this.take(this.number(size)));
  }
}

function parse(hello: Reader): ClientHello {
  hello.take(2 + 32); // version, random
  hello.vector(1); // session
  hello.vector(2); // cipher suites
  hello.vector(1); // compression
  let serverName: string | undefined;
  let protocols: readonly string[] = [];
  if (hello.left === 0) return { serverName, protocols };
  const extensions = hello.vector(2);
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const body = extensions.vector(2);
    if (type === SERVER_NAME) serverName = nameIn(body);
    else if (type === ALPN) protocols = protocolsIn(body.vector(2));
  }
  return { serverName, protocols };
}

function nameIn(body: Reader): string | undefined {
  if (body.left === 0) return undefined;
  const list = body.vector(2);
  while (list.left > 0) {
    const type = list.number(1);
    const name = list.vector(2);
    if (type === 0) return name.take(name.left).toString("latin1").toLowerCase().replace(/\.$/, "");
  }
  return undefined;
}

function protocolsIn(list: Reader): readonly string[] {
  const found: string[] = [];
  while (list.left > 0) {
    const name = list.vector(1);
    found.push(name.take(name.left).toString("latin1"));
  }
  return found;
}

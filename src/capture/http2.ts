/** One direction of a plain HTTP/2 connection (RFC 9113): its frames, with what HEADERS say, in the order of the TCP stream. */
import { HpackDecoder, type HeaderField } from "./hpack.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
const TYPE = { data: 0, headers: 1, settings: 4, pushPromise: 5, continuation: 9 } as const;
const NAMES = [
  "DATA",
  "HEADERS",
  "PRIORITY",
  "RST_STREAM",
  "SETTINGS",
  "PUSH_PROMISE",
  "PING",
  "GOAWAY",
  "WINDOW_UPDATE",
  "CONTINUATION",
];
const FLAG = { endHeaders: 0x04, padded: 0x08, priority: 0x20 } as const;
const FRAME_HEADER = 9;
/** Bytes that may come before their turn, or that a block of header fields may have. */
const MAX_HELD = 256 * 1024;

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly length: number;
}

/** How a direction begins, if it is HTTP/2: the client's preface, the server's SETTINGS, or a segment in the middle of it that has HEADERS. */
export function http2Start(payload: Uint8Array): "preface" | "start" | "middle" | undefined {
  if (payload.length >= PREFACE.length && PREFACE.equals(payload.subarray(0, PREFACE.length))) return "preface";
  const first = frameAt(payload);
  if (first?.type === TYPE.settings && first.flags === 0 && first.stream === 0 && first.length % 6 === 0)
    return "start";
  let rest = payload;
  for (let frame = first; frame !== undefined && frame.type < NAMES.length; frame = frameAt(rest)) {
    const whole = rest.subarray(FRAME_HEADER, FRAME_HEADER + frame.length);
    if (whole.length < frame.length) return undefined;
    if (isRequestOrAnswer(frame, whole)) return "middle";
    rest = rest.subarray(FRAME_HEADER + frame.length);
  }
  return undefined;
}

/** A whole block with a pseudo-header: nothing of another protocol looks like this. */
function isRequestOrAnswer(frame: Frame, payload: Uint8Array): boolean {
  if (frame.type !== TYPE.headers || (frame.flags & FLAG.endHeaders) === 0 || frame.stream === 0) return false;
  try {
    return new HpackDecoder(false).decode(fragment(frame, payload)).some(([name]) => name.startsWith(":"));
  } catch {
    return false;
  }
}

/** Bytes are given in order; what is lost of them ends it, unless they are of a frame that is not read. */
export class Http2Direction {
  readonly #hpack: HpackDecoder;
  /** The beginning of a frame that ends in a later segment. */
  #held: Uint8Array = new Uint8Array(0);
  /** Bytes still to come of a frame whose content is not looked at. */
  #skip = 0;
  #begins: boolean;
  /** Of HEADERS whose CONTINUATION is still to come. */
  #block: { readonly frame: Frame; readonly parts: Uint8Array[]; size: number } | undefined;

  constructor(start: "preface" | "start" | "middle") {
    this.#hpack = new HpackDecoder(start !== "middle");
    this.#begins = start === "preface";
  }

  /** `missing`: bytes after these that were not captured. Throws RangeError when it cannot be followed any more. */
  *read(data: Uint8Array, missing: number): Generator<string> {
    if (this.#begins) {
      yield "preface";
      this.#skip = PREFACE.length;
      this.#begins = false;
    }
    let rest = this.#held.length === 0 ? data : Buffer.concat([this.#held, data]);
    for (;;) {
      const skipped = Math.min(this.#skip, rest.length);
      this.#skip -= skipped;
      rest = rest.subarray(skipped);
      const frame = frameAt(rest);
      if (frame === undefined) break;
      const end = FRAME_HEADER + frame.length;
      if (isRead(frame)) {
        if (frame.length > MAX_HELD) throw new RangeError("a frame is too large");
        if (rest.length < end) break;
        yield* this.#fields(frame, fragment(frame, rest.subarray(FRAME_HEADER, end)));
        rest = rest.subarray(end);
      } else {
        if (this.#block !== undefined) throw new RangeError("a frame in the middle of a block");
        yield frame.stream === 0 ? nameOf(frame) : `stream ${frame.stream}: ${nameOf(frame)}`;
        rest = rest.subarray(FRAME_HEADER);
        this.#skip = frame.length;
      }
    }
    if (missing > this.#skip || (missing > 0 && rest.length > 0)) throw new RangeError("bytes were not captured");
    this.#skip -= missing;
    this.#held = Uint8Array.from(rest);
  }

  #fields(frame: Frame, part: Uint8Array): readonly string[] {
    const block = frame.type === TYPE.continuation ? this.#block : { frame, parts: [], size: 0 };
    if (
      block === undefined ||
      (block !== this.#block && this.#block !== undefined) ||
      block.frame.stream !== frame.stream
    )
      throw new RangeError("a block of header fields is not whole");
    block.parts.push(part);
    block.size += part.length;
    if (block.size > MAX_HELD) throw new RangeError("a block of header fields is too large");
    this.#block = (frame.flags & FLAG.endHeaders) === 0 ? block : undefined;
    if (this.#block !== undefined) return [];
    return [`stream ${frame.stream}: ${message(this.#hpack.decode(Buffer.concat(block.parts)))}`];
  }
}

/** Their content matters: it is or changes header fields. */
function isRead({ type }: Frame): boolean {
  return type === TYPE.headers || type === TYPE.pushPromise || type === TYPE.continuation;
}

function nameOf({ type }: Frame): string {
  return NAMES[type] ?? `frame type ${type}`;
}

function frameAt(data: Uint8Array): Frame | undefined {
  if (data.length < FRAME_HEADER) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return {
    length: view.getUint32(0) >>> 8,
    type: view.getUint8(3),
    flags: view.getUint8(4),
    stream: view.getUint32(5) & 0x7f_ff_ff_ff,
  };
}

/** Without padding, priority and the promised stream. Throws RangeError where there is more padding than frame. */
function fragment({ type, flags }: Frame, payload: Uint8Array): Uint8Array {
  if (type === TYPE.continuation) return payload;
  const padded = (flags & FLAG.padded) !== 0;
  const from = (padded ? 1 : 0) + (type === TYPE.pushPromise ? 4 : (flags & FLAG.priority) === 0 ? 0 : 5);
  const to = payload.length - (padded ? (payload[0] ?? 0) : 0);
  if (from > to) throw new RangeError("more padding than frame");
  return payload.subarray(from, to);
}

/** `CONNECT 10.244.1.2:80`, `GET /healthz (Host: web)`, `200`, `trailers`. */
function message(fields: readonly HeaderField[]): string {
  const of = (name: string): string | undefined => {
    const value = fields.find(([other]) => other === name)?.[1];
    return value?.replaceAll(/[^\x20-\x7e]/g, "?");
  };
  const status = of(":status");
  if (status !== undefined) return status;
  const [method, path, authority, protocol] = [of(":method"), of(":path"), of(":authority"), of(":protocol")];
  if (method === undefined && path === undefined && authority === undefined)
    return fields.some(([name]) => name === "?") ? "HEADERS that refer to what came before the capture" : "trailers";
  const target = path ?? authority;
  const about = [
    ...(path === undefined || authority === undefined ? [] : [`Host: ${authority}`]),
    ...(protocol === undefined ? [] : [`protocol ${protocol}`]),
  ];
  return `${method ?? "?"} ${target ?? "?"}${about.length === 0 ? "" : ` (${about.join(", ")})`}`;
}

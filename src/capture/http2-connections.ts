/** The plain HTTP/2 connections of a capture: segments of TCP in, what their frames say out. */
import { Http2Direction, http2Start } from "./http2.ts";
import type { IpLayer, TcpLayer } from "./packet.ts";

/** Directions that are followed at once, and segments of each that are known again. */
const MAX_DIRECTIONS = 1024;
const MAX_REMEMBERED = 64;
/** Segments that came before their turn. */
const MAX_EARLY = 16;
/** A line names no more frames than this. */
const MAX_FRAMES = 12;

interface Followed {
  readonly direction: Http2Direction;
  /** Sequence number of the byte that comes next. */
  next: number;
  /** By sequence number: a capture on several devices sees a segment more than once. */
  readonly said: Map<number, string>;
  readonly early: Map<number, { readonly data: Uint8Array; readonly length: number }>;
}

export class Http2Connections {
  readonly #directions = new Map<string, Followed>();

  /** What the frames that end in this segment say: `HTTP/2 SETTINGS, stream 1: CONNECT 10.244.1.2:80`. Empty where none does; undefined: not HTTP/2. */
  read(ip: IpLayer, tcp: TcpLayer, payload: Uint8Array): string | undefined {
    const key = `${ip.src} ${tcp.sport} ${ip.dst} ${tcp.dport}`;
    if (tcp.flags.includes("SYN")) this.#directions.delete(key);
    if (payload.length === 0) return undefined;
    const followed = this.#directions.get(key) ?? this.#begin(key, tcp, payload);
    if (followed === undefined) return undefined;
    const known = followed.said.get(tcp.seq);
    if (known !== undefined) return known;
    const ahead = distance(followed.next, tcp.seq);
    if (ahead > 0) {
      followed.early.set(tcp.seq, { data: Uint8Array.from(payload), length: tcp.length });
      if (followed.early.size > MAX_EARLY) this.#directions.delete(key);
      return "";
    }
    if (-ahead >= tcp.length) return "";
    const frames: string[] = [];
    try {
      for (const frame of this.#advance(followed, payload.subarray(-ahead), tcp.length + ahead)) frames.push(frame);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#directions.delete(key);
    }
    const text = frames.length === 0 ? "" : `HTTP/2 ${frames.slice(0, MAX_FRAMES).join(", ")}`;
    followed.said.set(tcp.seq, text);
    if (followed.said.size > MAX_REMEMBERED) deleteFirst(followed.said);
    return text;
  }

  *#advance(followed: Followed, data: Uint8Array, length: number): Generator<string> {
    yield* followed.direction.read(data, Math.max(0, length - data.length));
    followed.next = (followed.next + length) >>> 0;
    for (const [seq, segment] of followed.early) {
      const behind = distance(seq, followed.next);
      if (behind < 0) continue;
      followed.early.delete(seq);
      if (behind < segment.length)
        yield* this.#advance(followed, segment.data.subarray(behind), segment.length - behind);
    }
  }

  #begin(key: string, { seq }: TcpLayer, payload: Uint8Array): Followed | undefined {
    const start = http2Start(payload);
    if (start === undefined) return undefined;
    const followed = { direction: new Http2Direction(start), next: seq, said: new Map(), early: new Map() };
    this.#directions.set(key, followed);
    if (this.#directions.size > MAX_DIRECTIONS) deleteFirst(this.#directions);
    return followed;
  }
}

/** Bytes from one sequence number to another, negative backwards: they wrap at 2^32. */
function distance(from: number, to: number): number {
  return (to - from) | 0;
}

function deleteFirst<K>(map: Map<K, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

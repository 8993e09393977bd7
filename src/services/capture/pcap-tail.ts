/** Follows a growing capture, from segment to segment of its ring, and returns each new packet as a decoded line. */
import { closeSync, openSync, readSync, watch, type FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";
import { decodeTunnelled } from "../../capture/decode.ts";
import { formatPacket } from "../../capture/format-packet.ts";
import { Http2Connections } from "../../capture/http2-connections.ts";
import { LINKTYPE, PcapFormatError, PcapReader } from "../../capture/pcap.ts";
import { firstTime, partsOf, ringBytes, segmentPath, type Ring } from "./capture-ring.ts";
import type { RawPacket } from "../../capture/packet.ts";
import type { PacketLine, WirePacket } from "./protocol.ts";

/** Bursts of packets are read together after this many milliseconds. */
const COALESCE = 20;
const CHUNK = 256 * 1024;

export interface PcapTailOptions {
  readonly capture: string;
  /** Text of the place; `ifindex` is known for captures on `any`. */
  readonly place: (ifindex: number | undefined) => string;
  readonly onLine: (line: PacketLine) => void;
  /** No packets: only that older ones are overwritten. */
  readonly quiet?: boolean | undefined;
  /** With the packets themselves. */
  readonly raw?: boolean | undefined;
}

function wirePacket({ time, length, data }: RawPacket, linkType: number): WirePacket {
  return { time: String(time), length, linkType, data: Buffer.from(data).toString("base64") };
}

export class PcapTail {
  readonly #options: PcapTailOptions;
  readonly #segments: readonly string[];
  readonly #watcher: FSWatcher;
  #reader = new PcapReader();
  readonly #http2 = new Http2Connections();
  readonly #path: string;
  readonly #ring: Ring;
  #segment = 0;
  /** Time of its first packet: differs after it has been overwritten. */
  #first: number | undefined;
  #fd: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wrapped = false;

  /** `path`: of the segments, without their numbers. */
  constructor(path: string, ring: Ring, options: PcapTailOptions) {
    this.#options = options;
    this.#segments = Array.from({ length: ring.segments }, (_, index) => segmentPath(path, index));
    this.#path = path;
    this.#ring = ring;
    this.#beginOldest();
    const name = basename(path);
    this.#watcher = watch(dirname(path), { persistent: false }, (_, changed) => {
      if (changed?.startsWith(name) === true) this.#schedule();
    });
    this.#watcher.on("error", () => this.close());
    this.#schedule();
  }

  /** Read what is left, then end. */
  finish(): void {
    this.#read();
    this.close();
  }

  close(): void {
    this.#watcher.close();
    clearTimeout(this.#timer);
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #at(segment: number): string {
    return this.#segments[segment] ?? "";
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#read();
    }, COALESCE);
  }

  #read(): void {
    try {
      while (this.#fd !== undefined && this.#readOn(this.#fd));
    } catch (error) {
      // The ring went round while its oldest segment was read: that is what remains to be followed.
      if (!(error instanceof PcapFormatError)) this.close();
      else this.#beginOldest();
      this.#schedule();
    }
  }

  /** Reads the segment to its end. True when another one continues. */
  #readOn(fd: number): boolean {
    if (!this.#wrapped && this.#oldest() !== 0) this.#sayWrapped();
    // Asked before the end is read: tcpdump writes nothing to a segment once it has begun the next.
    const first = firstTime(this.#at(this.#segment));
    const next = (this.#segment + 1) % this.#segments.length;
    const goesOn = (firstTime(this.#at(next)) ?? -1) > (first ?? 0);
    if (this.#first === Infinity) this.#first = first;
    if (first !== this.#first) {
      this.#sayWrapped();
      this.#beginOldest();
      return true;
    }
    if (this.#options.quiet !== true) this.#readSegment(fd);
    if (goesOn) this.#begin(next);
    return goesOn;
  }

  #beginOldest(): void {
    this.#begin(this.#oldest());
  }

  /** tcpdump fills the segments from 0 on: the oldest changes only when the ring has wrapped. */
  #oldest(): number {
    return Math.max(this.#segments.indexOf(partsOf(this.#path, this.#ring)[0] ?? ""), 0);
  }

  #sayWrapped(): void {
    if (this.#wrapped) return;
    this.#wrapped = true;
    const { capture, place, onLine } = this.#options;
    const kept = ringBytes(this.#ring);
    const text = `the capture is full: older packets are overwritten, the newest ${kept / 1e6} MB are kept`;
    onLine({ capture, place: place(undefined), time: Date.now() / 1000, text, wrapped: kept });
  }

  #begin(segment: number): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#segment = segment;
    this.#first = firstTime(this.#at(segment));
    this.#fd = openSync(this.#at(segment), "r");
    this.#reader = new PcapReader();
  }

  #readSegment(fd: number): void {
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      const length = readSync(fd, buffer, 0, CHUNK, null);
      if (length === 0) return;
      for (const raw of this.#reader.push(buffer.subarray(0, length))) {
        const linkType = this.#reader.header?.linkType ?? LINKTYPE.ethernet;
        const packet = decodeTunnelled(raw.data, linkType, this.#http2);
        const { capture, place, onLine } = this.#options;
        onLine({
          capture,
          place: place(packet.link?.ifindex),
          time: Number(raw.time) / 1e9,
          text: formatPacket(packet),
          ...(this.#options.raw === true ? { raw: wirePacket(raw, linkType) } : {}),
        });
      }
    }
  }
}

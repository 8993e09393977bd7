/** Follows a growing capture file and gives each new packet as a decoded line. */
import { closeSync, openSync, readSync, watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { decodePacket } from "../capture/decode.ts";
import { formatPacket } from "../capture/format-packet.ts";
import { LINKTYPE, PcapReader } from "../capture/pcap.ts";
import type { PacketLine } from "./protocol.ts";

/** Bursts of packets are read together after this many milliseconds. */
const COALESCE = 20;
const CHUNK = 256 * 1024;

export interface PcapTailOptions {
  readonly capture: string;
  /** Text of the place; `ifindex` is known for captures on `any`. */
  readonly place: (ifindex: number | undefined) => string;
  readonly onLine: (line: PacketLine) => void;
}

export class PcapTail {
  readonly #options: PcapTailOptions;
  readonly #reader = new PcapReader();
  readonly #watcher: FSWatcher;
  #fd: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, options: PcapTailOptions) {
    this.#options = options;
    this.#fd = openSync(path, "r");
    this.#watcher = watch(path, { persistent: false }, () => this.#schedule());
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

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#read();
    }, COALESCE);
  }

  #read(): void {
    const buffer = Buffer.allocUnsafe(CHUNK);
    while (this.#fd !== undefined) {
      const length = readSync(this.#fd, buffer, 0, CHUNK, null);
      if (length === 0) return;
      for (const raw of this.#reader.push(buffer.subarray(0, length))) {
        const packet = decodePacket(raw.data, this.#reader.header?.linkType ?? LINKTYPE.ethernet);
        const { capture, place, onLine } = this.#options;
        onLine({
          capture,
          place: place(packet.link?.ifindex),
          time: Number(raw.time) / 1e9,
          text: formatPacket(packet),
        });
      }
    }
  }
}

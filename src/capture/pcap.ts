/** Reads pcap files as tcpdump writes them, also while they grow: feed bytes, get whole records. */
import type { RawPacket } from "./packet.ts";

/** Link types that are decoded here (tcpdump.org/linktypes). */
export const LINKTYPE = { ethernet: 1, raw: 101, linuxSll: 113, linuxSll2: 276, ipv4: 228, ipv6: 229 } as const;

const HEADER = 24;
const RECORD = 16;
/** No record is larger: tcpdump's own limit (MAXIMUM_SNAPLEN). */
const MAX_RECORD = 262_144;

/** The bytes are not those of a pcap file. */
export class PcapFormatError extends Error {}

export interface PcapHeader {
  readonly littleEndian: boolean;
  readonly nanoseconds: boolean;
  readonly snaplen: number;
  readonly linkType: number;
}

/**
 * Streaming reader. push() takes the next bytes of the file and returns the records that are complete by now;
 * an unfinished last record waits for more (or stays unread when the file was cut).
 * Throws PcapFormatError for anything that is not a pcap.
 */
export class PcapReader {
  #pending: Uint8Array = new Uint8Array(0);
  #header: PcapHeader | undefined;
  /** Set as soon as the file header has been read. */
  get header(): PcapHeader | undefined {
    return this.#header;
  }

  push(bytes: Uint8Array): RawPacket[] {
    this.#pending = this.#pending.length === 0 ? bytes.slice() : Buffer.concat([this.#pending, bytes]);
    let at = 0;
    if (this.#header === undefined) {
      if (this.#pending.length < HEADER) return [];
      this.#header = parseHeader(this.#pending);
      at = HEADER;
    }
    const { littleEndian, nanoseconds } = this.#header;
    const view = new DataView(this.#pending.buffer, this.#pending.byteOffset, this.#pending.byteLength);
    const packets: RawPacket[] = [];
    while (at + RECORD <= view.byteLength) {
      const captured = view.getUint32(at + 8, littleEndian);
      if (captured > MAX_RECORD) {
        throw new PcapFormatError(`record of ${captured} bytes at ${at}: the capture file is damaged`);
      }
      if (at + RECORD + captured > view.byteLength) break;
      const fraction = BigInt(view.getUint32(at + 4, littleEndian));
      packets.push({
        time: BigInt(view.getUint32(at, littleEndian)) * 1_000_000_000n + (nanoseconds ? fraction : fraction * 1000n),
        length: view.getUint32(at + 12, littleEndian),
        data: this.#pending.subarray(at + RECORD, at + RECORD + captured),
      });
      at += RECORD + captured;
    }
    this.#pending = this.#pending.subarray(at);
    return packets;
  }
}

/** A whole file at once. A truncated last record is left out; an empty file has no packets. */
export function readPcap(bytes: Uint8Array): { header: PcapHeader | undefined; packets: RawPacket[] } {
  const reader = new PcapReader();
  const packets = reader.push(bytes);
  return { header: reader.header, packets };
}

/** Files of one capture that follow each other, as one: the later ones without their header. */
export function joinPcaps(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts.map((part, i) => (i === 0 ? part : part.subarray(HEADER))));
}

function parseHeader(bytes: Uint8Array): PcapHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER);
  const magic = view.getUint32(0, true);
  const kinds: Record<number, readonly [littleEndian: boolean, nanoseconds: boolean]> = {
    0xa1b2c3d4: [true, false],
    0xd4c3b2a1: [false, false],
    0xa1b23c4d: [true, true],
    0x4d3cb2a1: [false, true],
  };
  const kind = kinds[magic];
  if (kind === undefined) {
    throw new PcapFormatError(`not a pcap file (magic 0x${magic.toString(16).padStart(8, "0")})`);
  }
  const [littleEndian, nanoseconds] = kind;
  return {
    littleEndian,
    nanoseconds,
    snaplen: view.getUint32(16, littleEndian),
    // The upper bits hold the length of a frame check sequence, if any.
    linkType: view.getUint32(20, littleEndian) & 0xffff,
  };
}

/**
 * Merges captures by time into one pcapng file (draft-ietf-opsawg-pcapng) with one named interface per place
 * and nanosecond times, as Wireshark, capinfos and tcpdump -r read it.
 */
import { LINKTYPE, readPcap } from "./pcap.ts";
import type { RawPacket } from "./packet.ts";

export interface CaptureSource {
  /** Interface name in the file: `node1/eth0`. */
  readonly place: string;
  /** A whole pcap file; a cut last record is left out. */
  readonly data: Uint8Array;
  /** Capture filter, kept as if_filter. */
  readonly filter?: string | undefined;
}

const BLOCK = { section: 0x0a0d0d0a, interface: 1, enhancedPacket: 6 } as const;
const OPTION = { end: 0, comment: 1, userApplication: 4, ifName: 2, ifTsResolution: 9, ifFilter: 11 } as const;
const NANOSECONDS = 9;
const NO_DESTINATION = "captured on any device: destination MAC addresses are not known and shown as zero";
const NO_HEADER = "captured above the link layer: Ethernet headers are not known and shown as zero";

/**
 * tcpdump and other libpcap readers refuse a file whose interfaces have different link types. When `-i any` (Linux
 * cooked) and Ethernet captures meet, the cooked ones get an Ethernet header with an all-zero destination; the
 * interface's comment mentions it.
 */
export function mergeCaptures(sources: readonly CaptureSource[]): Uint8Array {
  const files = sources.map((source) => ({ source, ...readPcap(source.data) }));
  const linkTypes = new Set(files.map((file) => file.header?.linkType ?? LINKTYPE.ethernet));
  const mixed = linkTypes.size > 1;
  const blocks: Uint8Array[] = [sectionHeader()];
  const packets: PlacedPacket[] = [];
  for (const [id, { source, header, packets: raws }] of files.entries()) {
    const linkType = header?.linkType ?? [...linkTypes][0] ?? LINKTYPE.ethernet;
    const convert = mixed && (linkType === LINKTYPE.linuxSll2 || linkType === LINKTYPE.linuxSll);
    blocks.push(
      interfaceDescription(
        source,
        convert ? LINKTYPE.ethernet : linkType,
        header?.snaplen ?? 0,
        convert ? NO_DESTINATION : undefined,
      ),
    );
    for (const raw of raws) packets.push({ raw: convert ? cookedToEthernet(raw, linkType) : raw, id });
  }
  return Buffer.concat([...blocks, ...inTime(packets)]);
}

/** A packet with what is to be read beside it (opt_comment), UTF-8. */
export interface CommentedPacket extends RawPacket {
  readonly comment?: string | undefined;
}

/** A packet from its IP header on. */
export interface PacketAtPlace extends CommentedPacket {
  /** Its Ethernet header, 14 bytes; absent where the device has none. */
  readonly link?: Uint8Array | undefined;
}

/** By the places that saw them. A packet without an Ethernet header gets an empty one: libpcap mixes up DLT_RAW and LINKTYPE_RAW. */
export function writePlaces(places: ReadonlyMap<string, readonly PacketAtPlace[]>): Uint8Array {
  const all = [...places];
  const interfaces = all.map(
    ([place, own]) =>
    interfaceDescription({ place }, LINKTYPE.ethernet, 0, own.some(({ link }) => link === undefined) ? NO_HEADER : undefined), // prettier-ignore
  );
  const packets = all.flatMap(([, own], id) => own.map((raw): PlacedPacket => ({ raw: framed(raw), id })));
  return Buffer.concat([sectionHeader(), ...interfaces, ...inTime(packets)]);
}

function framed(raw: PacketAtPlace): CommentedPacket {
  const data = new Uint8Array(14 + raw.data.length);
  if (raw.link !== undefined) data.set(raw.link);
  else data.set((raw.data[0] ?? 0) >> 4 === 6 ? [0x86, 0xdd] : [0x08, 0x00], 12);
  data.set(raw.data, 14);
  return { ...raw, length: raw.length + 14, data };
}

interface PlacedPacket {
  readonly raw: CommentedPacket;
  /** Number of its interface. */
  readonly id: number;
}

function inTime(packets: readonly PlacedPacket[]): readonly Uint8Array[] {
  return packets
    .toSorted((a, b) => (a.raw.time < b.raw.time ? -1 : a.raw.time > b.raw.time ? 1 : a.id - b.id))
    .map(({ raw, id }) => enhancedPacket(raw, id));
}

/** A pcapng file that grows: an interface is described when its first packet comes, with its own link type. */
export class PcapngStream {
  readonly #interfaces = new Map<string, number>();
  readonly #filter: string | undefined;

  constructor(filter?: string) {
    this.#filter = filter;
  }

  /** What the file begins with. */
  header(): Uint8Array {
    this.#interfaces.clear();
    return sectionHeader();
  }

  /** Blocks for one packet more; of another link type at the same place it is of another interface. */
  packet(place: string, linkType: number, raw: RawPacket): Uint8Array {
    const key = `${linkType} ${place}`;
    const known = this.#interfaces.get(key);
    if (known !== undefined) return enhancedPacket(raw, known);
    const id = this.#interfaces.size;
    this.#interfaces.set(key, id);
    const described = interfaceDescription({ place, filter: this.#filter }, linkType, 0, undefined);
    return Buffer.concat([described, enhancedPacket(raw, id)]);
  }
}

function sectionHeader(): Uint8Array {
  const fixed = Buffer.alloc(16);
  fixed.writeUInt32LE(0x1a2b3c4d);
  fixed.writeUInt16LE(1, 4);
  fixed.writeBigInt64LE(-1n, 8); // section length not given
  return block(BLOCK.section, fixed, option(OPTION.userApplication, Buffer.from("k8snet-lab")), option(OPTION.end));
}

function interfaceDescription(
  source: Omit<CaptureSource, "data">,
  linkType: number,
  snaplen: number,
  comment: string | undefined,
): Uint8Array {
  const fixed = Buffer.alloc(8);
  fixed.writeUInt16LE(linkType);
  fixed.writeUInt32LE(snaplen, 4);
  const options = [
    option(OPTION.ifName, Buffer.from(source.place)),
    option(OPTION.ifTsResolution, Uint8Array.of(NANOSECONDS)),
  ];
  // if_filter: its first byte says that a filter string follows.
  if (source.filter !== undefined) options.push(option(OPTION.ifFilter, Buffer.from(`\0${source.filter}`)));
  if (comment !== undefined) options.push(option(OPTION.comment, Buffer.from(comment)));
  return block(BLOCK.interface, fixed, ...options, option(OPTION.end));
}

function enhancedPacket(raw: CommentedPacket, id: number): Uint8Array {
  const fixed = Buffer.alloc(20);
  fixed.writeUInt32LE(id);
  fixed.writeUInt32LE(Number(raw.time >> 32n), 4);
  fixed.writeUInt32LE(Number(raw.time & 0xffff_ffffn), 8);
  fixed.writeUInt32LE(raw.data.length, 12);
  fixed.writeUInt32LE(raw.length, 16);
  const comment =
    raw.comment === undefined ? [] : [option(OPTION.comment, Buffer.from(raw.comment)), option(OPTION.end)];
  return block(BLOCK.enhancedPacket, fixed, padded(raw.data), ...comment);
}

function cookedToEthernet(raw: RawPacket, linkType: number): RawPacket {
  const v2 = linkType === LINKTYPE.linuxSll2;
  const [headerLength, protocolAt, macAt] = v2 ? [20, 0, 12] : [16, 14, 6];
  if (raw.data.length < headerLength) return raw;
  const data = new Uint8Array(14 + raw.data.length - headerLength);
  data.set(raw.data.subarray(macAt, macAt + 6), 6);
  data.set(raw.data.subarray(protocolAt, protocolAt + 2), 12);
  data.set(raw.data.subarray(headerLength), 14);
  return { time: raw.time, length: raw.length - headerLength + 14, data };
}

function option(code: number, value: Uint8Array = Buffer.alloc(0)): Uint8Array {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code);
  head.writeUInt16LE(value.length, 2);
  return padded(head, value);
}

function block(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = padded(...parts);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type);
  head.writeUInt32LE(12 + body.length, 4);
  return Buffer.concat([head, body, head.subarray(4)]);
}

/** With zeros up to a multiple of 4 bytes. */
function padded(...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat(parts, (length + 3) & ~3);
}

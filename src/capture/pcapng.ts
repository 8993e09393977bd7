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
  const packets: { raw: RawPacket; id: number }[] = [];
  for (const [id, { source, header, packets: raws }] of files.entries()) {
    const linkType = header?.linkType ?? [...linkTypes][0] ?? LINKTYPE.ethernet;
    const convert = mixed && (linkType === LINKTYPE.linuxSll2 || linkType === LINKTYPE.linuxSll);
    blocks.push(interfaceDescription(source, convert ? LINKTYPE.ethernet : linkType, header?.snaplen ?? 0, convert));
    for (const raw of raws) packets.push({ raw: convert ? cookedToEthernet(raw, linkType) : raw, id });
  }
  packets.sort((a, b) => (a.raw.time < b.raw.time ? -1 : a.raw.time > b.raw.time ? 1 : a.id - b.id));
  for (const { raw, id } of packets) blocks.push(enhancedPacket(raw, id));
  return join(blocks);
}

function sectionHeader(): Uint8Array {
  const fixed = new DataView(new ArrayBuffer(16));
  fixed.setUint32(0, 0x1a2b3c4d, true);
  fixed.setUint16(4, 1, true);
  fixed.setUint16(6, 0, true);
  fixed.setBigInt64(8, -1n, true); // section length not given
  return block(BLOCK.section, [
    new Uint8Array(fixed.buffer),
    option(OPTION.userApplication, text("k8snet-lab")),
    option(OPTION.end),
  ]);
}

function interfaceDescription(
  source: CaptureSource,
  linkType: number,
  snaplen: number,
  converted: boolean,
): Uint8Array {
  const fixed = new DataView(new ArrayBuffer(8));
  fixed.setUint16(0, linkType, true);
  fixed.setUint32(4, snaplen, true);
  const options = [
    option(OPTION.ifName, text(source.place)),
    option(OPTION.ifTsResolution, Uint8Array.of(NANOSECONDS)),
  ];
  // if_filter: its first byte says that a filter string follows.
  if (source.filter !== undefined) options.push(option(OPTION.ifFilter, join([Uint8Array.of(0), text(source.filter)])));
  if (converted)
    options.push(
      option(OPTION.comment, text("captured on any device: destination MAC addresses are not known and shown as zero")),
    );
  return block(BLOCK.interface, [new Uint8Array(fixed.buffer), ...options, option(OPTION.end)]);
}

function enhancedPacket(raw: RawPacket, id: number): Uint8Array {
  const fixed = new DataView(new ArrayBuffer(20));
  fixed.setUint32(0, id, true);
  fixed.setUint32(4, Number(raw.time >> 32n), true);
  fixed.setUint32(8, Number(raw.time & 0xffff_ffffn), true);
  fixed.setUint32(12, raw.data.length, true);
  fixed.setUint32(16, raw.length, true);
  return block(BLOCK.enhancedPacket, [new Uint8Array(fixed.buffer), raw.data]);
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

function option(code: number, value: Uint8Array = new Uint8Array(0)): Uint8Array {
  const out = new Uint8Array(4 + padded(value.length));
  const view = new DataView(out.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  out.set(value, 4);
  return out;
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = parts.reduce((sum, part) => sum + padded(part.length), 0);
  const out = new Uint8Array(12 + body);
  const view = new DataView(out.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, out.length, true);
  let at = 8;
  for (const part of parts) {
    out.set(part, at);
    at += padded(part.length);
  }
  view.setUint32(at, out.length, true);
  return out;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Frames assembled by hand, byte by byte, for the decoder's tests. */

export function bytes(...parts: readonly (string | number[] | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? hex(part) : [...part])));
}

function hex(text: string): number[] {
  return (text.replaceAll(/[\s:]/g, "").match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

export function u16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

export function u32(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

export function ip4(address: string): number[] {
  return address.split(".").map(Number);
}

export function ethernet(
  type: number,
  payload: Uint8Array,
  { src = "02:00:00:00:00:01", dst = "02:00:00:00:00:02" } = {},
): Uint8Array {
  return bytes(dst, src, u16(type), payload);
}

export interface Ipv4Options {
  readonly src?: string;
  readonly dst?: string;
  readonly ttl?: number;
  readonly options?: number[];
  /** Flags and offset field as it stands in the header. */
  readonly fragmentation?: number;
  readonly total?: number;
}

export function ipv4(protocol: number, payload: Uint8Array, options: Ipv4Options = {}): Uint8Array {
  const { src = "10.0.0.1", dst = "10.0.0.2", ttl = 64, options: extra = [], fragmentation = 0x4000 } = options;
  const header = 20 + extra.length;
  return bytes(
    [0x40 | (header / 4), 0],
    u16(options.total ?? header + payload.length),
    u16(0x1234),
    u16(fragmentation),
    [ttl, protocol],
    u16(0),
    ip4(src),
    ip4(dst),
    extra,
    payload,
  );
}

export function ipv6(next: number, payload: Uint8Array, src: string, dst: string, hopLimit = 64): Uint8Array {
  return bytes([0x60, 0, 0, 0], u16(payload.length), [next, hopLimit], src, dst, payload);
}

export function udp(sport: number, dport: number, payload: Uint8Array): Uint8Array {
  return bytes(u16(sport), u16(dport), u16(8 + payload.length), u16(0), payload);
}

export function tcp(
  sport: number,
  dport: number,
  flags: number,
  { seq = 1, ack = 0, payload = new Uint8Array(0) }: { seq?: number; ack?: number; payload?: Uint8Array } = {},
): Uint8Array {
  return bytes(u16(sport), u16(dport), u32(seq), u32(ack), [0x50, flags], u16(64_240), u16(0), u16(0), payload);
}

export function echo(type: 8 | 0, id = 7, seq = 1): Uint8Array {
  return bytes([type, 0], u16(0), u16(id), u16(seq), "6162636465666768");
}

export function vxlan(vni: number, inner: Uint8Array, flags = 0x08): Uint8Array {
  return bytes([flags, 0, 0, 0], u32(vni << 8), inner);
}

export interface PcapOptions {
  readonly littleEndian?: boolean;
  readonly nanoseconds?: boolean;
  readonly linkType?: number;
}

/** A pcap file; `fraction` is in the file's own unit. */
export function pcap(
  records: readonly { seconds: number; fraction: number; data: Uint8Array; length?: number }[],
  options: PcapOptions = {},
): Uint8Array {
  const { littleEndian = true, nanoseconds = false, linkType = 1 } = options;
  const out = new DataView(new ArrayBuffer(24 + records.reduce((sum, { data }) => sum + 16 + data.length, 0)));
  out.setUint32(0, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, littleEndian);
  out.setUint16(4, 2, littleEndian);
  out.setUint16(6, 4, littleEndian);
  out.setUint32(16, 262_144, littleEndian);
  out.setUint32(20, linkType, littleEndian);
  let at = 24;
  for (const { seconds, fraction, data, length } of records) {
    out.setUint32(at, seconds, littleEndian);
    out.setUint32(at + 4, fraction, littleEndian);
    out.setUint32(at + 8, data.length, littleEndian);
    out.setUint32(at + 12, length ?? data.length, littleEndian);
    new Uint8Array(out.buffer).set(data, at + 16);
    at += 16 + data.length;
  }
  return new Uint8Array(out.buffer);
}

/** Decodes IPv4 (RFC 791) with options and fragments, and IPv6 (RFC 8200) with extension headers. */
import { ipText } from "../net/address-bytes.ts";
import { decodeTransport, type Inside } from "./decode-transport.ts";
import type { IpLayer, Packet } from "./packet.ts";

/** Hop-by-hop, routing, destination options, mobility, HIP, shim6: length in units of 8 bytes less one. */
const EXTENSION_HEADERS = new Set([0, 43, 60, 135, 139, 140]);
const FRAGMENT = 44;
const AUTHENTICATION = 51;

export function decodeIp(data: Uint8Array, inside: Inside): Packet {
  const version = (data[0] ?? 0) >> 4;
  if (version === 4) return decodeIpv4(data, inside);
  if (version === 6) return decodeIpv6(data, inside);
  return { problem: data.length === 0 ? "truncated IP header" : `IP version ${version}` };
}

function decodeIpv4(data: Uint8Array, inside: Inside): Packet {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const headerLength = ((data[0] ?? 0) & 0x0f) * 4;
  if (data.length < 20 || headerLength < 20 || data.length < headerLength) return { problem: "truncated IPv4 header" };
  const total = view.getUint16(2);
  const fragmentation = view.getUint16(6);
  const offset = (fragmentation & 0x1fff) * 8;
  const more = (fragmentation & 0x2000) !== 0;
  const ip: IpLayer = {
    family: "ipv4",
    src: ipText(data, 12, 16),
    dst: ipText(data, 16, 20),
    ttl: data[8] ?? 0,
    protocol: data[9] ?? 0,
    df: (fragmentation & 0x4000) !== 0,
    fragment: offset > 0 || more ? { id: view.getUint16(4), offset, more } : undefined,
    length: total,
  };
  if (offset > 0) return { ip };
  // With segmentation offload the header may say 0; then what was captured counts. Ethernet pads short packets.
  const end = total >= headerLength && total <= data.length ? total : data.length;
  const payloadLength = Math.max(0, (total === 0 ? data.length : total) - headerLength);
  return { ip, ...decodeTransport(data.subarray(headerLength, end), ip, payloadLength, inside) };
}

function decodeIpv6(data: Uint8Array, inside: Inside): Packet {
  if (data.length < 40) return { problem: "truncated IPv6 header" };
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const payload = view.getUint16(4);
  const length = 40 + payload;
  const base = {
    family: "ipv6" as const,
    src: ipText(data, 8, 24),
    dst: ipText(data, 24, 40),
    ttl: data[7] ?? 0,
    df: true,
    length,
  };
  let next = data[6] ?? 0;
  let at = 40;
  let fragment: IpLayer["fragment"];
  for (;;) {
    if (EXTENSION_HEADERS.has(next) || next === AUTHENTICATION || next === FRAGMENT) {
      if (data.length < at + 8)
        return { ip: { ...base, protocol: next, fragment }, problem: "truncated IPv6 extension header" };
    }
    if (next === FRAGMENT) {
      const word = view.getUint16(at + 2);
      fragment = { id: view.getUint32(at + 4), offset: word & 0xfff8, more: (word & 1) !== 0 };
      next = data[at] ?? 0;
      at += 8;
      if (fragment.offset > 0) break;
    } else if (EXTENSION_HEADERS.has(next)) {
      const step = ((data[at + 1] ?? 0) + 1) * 8;
      next = data[at] ?? 0;
      at += step;
    } else if (next === AUTHENTICATION) {
      const step = ((data[at + 1] ?? 0) + 2) * 4;
      next = data[at] ?? 0;
      at += step;
    } else break;
  }
  const ip: IpLayer = { ...base, protocol: next, fragment };
  if (fragment !== undefined && fragment.offset > 0) return { ip };
  const end = payload > 0 && length <= data.length ? length : data.length;
  const payloadLength = Math.max(0, (payload === 0 ? data.length : length) - at);
  return { ip, ...decodeTransport(data.subarray(Math.min(at, end), end), ip, payloadLength, inside) };
}

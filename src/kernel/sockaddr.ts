/** Socket addresses as bytes: struct sockaddr_in and sockaddr_in6 (ip(7), ipv6(7)), and IP addresses as text. */
import { isIPv4, isIPv6 } from "node:net";
import { ipText } from "../net/address-bytes.ts";
import { ipBytes } from "./address.ts";
import { AF_INET, AF_INET6 } from "./socket.ts";

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** Is it an IPv4 or IPv6 address (`fe80::1%eth0` included), and of which family? */
export function literalFamily(text: string): "ipv4" | "ipv6" | undefined {
  if (isIPv4(text)) return "ipv4";
  if (isIPv6(text)) return "ipv6";
  return undefined;
}

/** `interfaceIndex` turns the zone of a link-local address into its number; called only when there is one. */
export function encodeSockaddr(
  address: string,
  port: number,
  interfaceIndex: (name: string) => number = () => 0,
): Buffer {
  const [ip = "", zone] = address.split("%");
  const bytes = ipBytes(ip);
  const four = bytes.length === 4;
  const out = Buffer.alloc(four ? 16 : 28);
  out.writeUInt16LE(four ? AF_INET : AF_INET6, 0);
  out.writeUInt16BE(port, 2);
  out.set(bytes, four ? 4 : 8);
  if (zone !== undefined) out.writeUInt32LE(/^\d+$/.test(zone) ? Number(zone) : interfaceIndex(zone), 24);
  return out;
}

/** Decodes a sockaddr; an IPv4-mapped IPv6 address becomes IPv4. */
export function decodeSockaddr(bytes: Buffer): SocketAddress {
  const port = bytes.readUInt16BE(2);
  if (bytes.readUInt16LE(0) === AF_INET) return { address: ipText(bytes, 4, 8), port };
  return { address: formatIPv6(bytes, 8), port };
}

/** RFC 5952 text; IPv4-mapped addresses as plain IPv4. */
export function formatIPv6(bytes: Buffer, at: number): string {
  const isMapped = bytes.readBigUInt64BE(at) === 0n && bytes.readUInt32BE(at + 8) === 0xffff;
  return ipText(bytes, isMapped ? at + 12 : at, at + 16);
}

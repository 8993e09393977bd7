/** Socket addresses as bytes: struct sockaddr_in and sockaddr_in6 (ip(7), ipv6(7)), and IP addresses as text. */
import { isIPv4, isIPv6 } from "node:net";
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
  if (isIPv4(address)) {
    const out = Buffer.alloc(16);
    out.writeUInt16LE(AF_INET, 0);
    out.writeUInt16BE(port, 2);
    writeIPv4(out, 4, address);
    return out;
  }
  const out = Buffer.alloc(28);
  out.writeUInt16LE(AF_INET6, 0);
  out.writeUInt16BE(port, 2);
  const [ip = "", zone] = address.split("%");
  writeIPv6(out, 8, ip);
  if (zone !== undefined) out.writeUInt32LE(/^\d+$/.test(zone) ? Number(zone) : interfaceIndex(zone), 24);
  return out;
}

/** Decodes a sockaddr; an IPv4-mapped IPv6 address becomes IPv4. */
export function decodeSockaddr(bytes: Buffer): SocketAddress {
  const port = bytes.readUInt16BE(2);
  if (bytes.readUInt16LE(0) === AF_INET) return { address: formatIPv4(bytes, 4), port };
  return { address: formatIPv6(bytes, 8), port };
}

function writeIPv4(out: Buffer, at: number, address: string): void {
  let i = at;
  for (const part of address.split(".")) out[i++] = Number(part);
}

function writeIPv6(out: Buffer, at: number, address: string): void {
  let text = address;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  if (dotted?.[1] !== undefined && dotted[2] !== undefined) {
    const v4 = Buffer.alloc(4);
    writeIPv4(v4, 0, dotted[2]);
    text = `${dotted[1]}${v4.readUInt16BE(0).toString(16)}:${v4.readUInt16BE(2).toString(16)}`;
  }
  const [head = "", tail] = text.split("::");
  const words = (part: string): number[] => (part === "" ? [] : part.split(":").map((w) => Number.parseInt(w, 16)));
  const first = words(head);
  const last = tail === undefined ? [] : words(tail);
  const all =
    tail === undefined ? first : [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  all.forEach((w, i) => out.writeUInt16BE(w, at + i * 2));
}

export function formatIPv4(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** RFC 5952 text; IPv4-mapped addresses as plain IPv4. */
export function formatIPv6(bytes: Buffer, at: number): string {
  const words: number[] = [];
  for (let i = 0; i < 8; i++) words.push(bytes.readUInt16BE(at + i * 2));
  if (words.slice(0, 5).every((w) => w === 0) && words[5] === 0xffff) return formatIPv4(bytes, at + 12);
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && words[i + n] === 0) n++;
    if (n > bestLength) {
      best = i;
      bestLength = n;
    }
    if (n > 0) i += n - 1;
  }
  const hex = words.map((w) => w.toString(16));
  if (best < 0) return hex.join(":");
  return `${hex.slice(0, best).join(":")}::${hex.slice(best + bestLength).join(":")}`;
}

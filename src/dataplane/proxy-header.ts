/** The PROXY protocol's header, which says who a connection is from (haproxy's proxy-protocol.txt, versions 1 and 2). */
import { ipText } from "../net/address-bytes.ts";
import { literalFamily } from "../kernel/sockaddr.ts";
import { ipBytes } from "../kernel/address.ts";

export interface ProxiedAddresses {
  readonly source: { readonly address: string; readonly port: number };
  readonly destination: { readonly address: string; readonly port: number };
}

/** A header and its size in bytes. Without addresses: the sender itself is the client (LOCAL, UNKNOWN). */
export interface ProxyHeader {
  readonly size: number;
  readonly addresses?: ProxiedAddresses | undefined;
}

const SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const LONGEST_LINE = 107;
const FAMILIES: Readonly<Record<number, number>> = { 0x11: 4, 0x12: 4, 0x21: 16, 0x22: 16 };

/** `more`: it is not complete yet. `none`: the bytes do not begin with such a header. */
export function readProxyHeader(bytes: Buffer): ProxyHeader | "more" | "none" {
  const start = bytes.subarray(0, SIGNATURE.length);
  if (start.equals(SIGNATURE.subarray(0, start.length)))
    return start.length < SIGNATURE.length ? "more" : binary(bytes);
  const word = Buffer.from("PROXY ");
  const begin = bytes.subarray(0, word.length);
  if (begin.equals(word.subarray(0, begin.length))) return begin.length < word.length ? "more" : line(bytes);
  return "none";
}

function line(bytes: Buffer): ProxyHeader | "more" | "none" {
  const end = bytes.subarray(0, LONGEST_LINE).indexOf("\r\n");
  if (end < 0) return bytes.length >= LONGEST_LINE ? "none" : "more";
  const size = end + 2;
  const words = bytes.toString("latin1", 0, end).split(" ");
  const [, family, source = "", destination = "", from = "", to = ""] = words;
  if (family === "UNKNOWN") return { size };
  const wanted = family === "TCP4" ? "ipv4" : family === "TCP6" ? "ipv6" : undefined;
  if (wanted === undefined || words.length !== 6) return "none";
  if (literalFamily(source) !== wanted || literalFamily(destination) !== wanted) return "none";
  const [fromPort, toPort] = [portOf(from), portOf(to)];
  if (fromPort === undefined || toPort === undefined) return "none";
  return {
    size,
    addresses: { source: { address: source, port: fromPort }, destination: { address: destination, port: toPort } },
  };
}

function portOf(text: string): number | undefined {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 0xffff ? Number(text) : undefined;
}

function binary(bytes: Buffer): ProxyHeader | "more" | "none" {
  if (bytes.length < 16) return "more";
  const command = bytes[12] ?? 0;
  const family = bytes[13] ?? 0;
  const length = bytes.readUInt16BE(14);
  const size = 16 + length;
  if (command !== 0x20 && command !== 0x21) return "none";
  if (bytes.length < size) return "more";
  const width = FAMILIES[family];
  if (command === 0x20 || width === undefined) return { size };
  if (length < 2 * width + 4) return "none";
  const at = 16;
  return {
    size,
    addresses: {
      source: { address: ipText(bytes, at, at + width), port: bytes.readUInt16BE(at + 2 * width) },
      destination: {
        address: ipText(bytes, at + width, at + 2 * width),
        port: bytes.readUInt16BE(at + 2 * width + 2),
      },
    },
  };
}

/** UNKNOWN or LOCAL where the addresses are of two families. */
export function writeProxyHeader(version: 1 | 2, { source, destination }: ProxiedAddresses): Buffer {
  const family = literalFamily(source.address);
  const isKnown = family !== undefined && family === literalFamily(destination.address);
  if (version === 1) {
    const words = isKnown
      ? [family === "ipv4" ? "TCP4" : "TCP6", source.address, destination.address, source.port, destination.port]
      : ["UNKNOWN"];
    return Buffer.from(`PROXY ${words.join(" ")}\r\n`, "latin1");
  }
  if (!isKnown) return Buffer.concat([SIGNATURE, Buffer.from([0x20, 0, 0, 0])]);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(source.port, 0);
  ports.writeUInt16BE(destination.port, 2);
  const body = Buffer.concat([ipBytes(source.address), ipBytes(destination.address), ports]);
  return Buffer.concat([SIGNATURE, Buffer.from([0x21, family === "ipv4" ? 0x11 : 0x21, 0, body.length]), body]);
}

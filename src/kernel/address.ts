/** Addresses as the kernel stores them, from their text. */
import ipaddr from "ipaddr.js";
import { AF_INET, AF_INET6 } from "./netlink/constants.ts";

/** 4 bytes for IPv4, 16 for IPv6. Throws on anything else. */
export function ipBytes(text: string): Uint8Array {
  if (text.includes(":")) {
    if (!ipaddr.IPv6.isValid(text)) throw new Error(`not an IP address: ${text}`);
    return Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray());
  }
  const bytes = new Uint8Array(4);
  const parts = text.split(".");
  for (let i = 0; i < 4; i += 1) {
    const part = Number(parts[i]);
    if (parts.length !== 4 || !Number.isInteger(part) || part < 0 || part > 255)
      throw new Error(`not an IP address: ${text}`);
    bytes[i] = part;
  }
  return bytes;
}

/** `10.0.0.0/24` → bytes and length; without a length a whole address. */
export function prefixBytes(text: string): { bytes: Uint8Array; length: number } {
  const slash = text.indexOf("/");
  const bytes = ipBytes(slash < 0 ? text : text.slice(0, slash));
  const length = slash < 0 ? bytes.length * 8 : Number(text.slice(slash + 1));
  if (!Number.isInteger(length) || length < 0 || length > bytes.length * 8) throw new Error(`not a prefix: ${text}`);
  return { bytes, length };
}

/** The address family number of the bytes. */
export function familyOf(bytes: Uint8Array): number {
  return bytes.length === 4 ? AF_INET : AF_INET6;
}

/** `02:00:00:00:00:01` → 6 bytes. */
export function macBytes(text: string): Uint8Array {
  const bytes = Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
  if (bytes.length !== 6 || !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text))
    throw new Error(`not a MAC address: ${text}`);
  return bytes;
}

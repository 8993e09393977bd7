/** Addresses as text: MAC, IPv4, and IPv6 in the one form of RFC 5952, so that they can be compared as strings. */
import ipaddr from "ipaddr.js";

export function formatMac(bytes: Uint8Array, at: number): string {
  let text = "";
  for (let i = 0; i < 6; i++) text += `${i === 0 ? "" : ":"}${(bytes[at + i] ?? 0).toString(16).padStart(2, "0")}`;
  return text;
}

export function formatIpv4(bytes: Uint8Array, at: number): string {
  return `${bytes[at] ?? 0}.${bytes[at + 1] ?? 0}.${bytes[at + 2] ?? 0}.${bytes[at + 3] ?? 0}`;
}

export function formatIpv6(bytes: Uint8Array, at: number): string {
  return new ipaddr.IPv6([...bytes.subarray(at, at + 16)]).toRFC5952String();
}

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

/** `::FFFF:0:1` and similar in one form; text that is not an address is returned in lower case. */
export function canonicalAddress(text: string): string {
  if (!ipaddr.isValid(text)) return text.toLowerCase();
  const address = ipaddr.parse(text);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

/** True when `address` equals `pattern` or lies in it (`10.244.0.0/16`). */
export function addressMatches(address: string, pattern: string): boolean {
  if (!pattern.includes("/")) return canonicalAddress(address) === canonicalAddress(pattern);
  if (!ipaddr.isValid(address) || !ipaddr.isValidCIDR(pattern)) return false;
  const parsed = ipaddr.parse(address);
  const [network, bits] = ipaddr.parseCIDR(pattern);
  return parsed.kind() === network.kind() && parsed.match(network, bits);
}

/** The texts of addresses in bytes, each in its one form, so that they can be compared as strings. */
import ipaddr from "ipaddr.js";

/** Canonical text (RFC 5952) of the 4 or 16 bytes between start and end. */
export function ipText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start === 4) return `${bytes[start]}.${bytes[start + 1]}.${bytes[start + 2]}.${bytes[start + 3]}`;
  return new ipaddr.IPv6([...bytes.subarray(start, end)]).toRFC5952String();
}

/** Lower-case, colon-separated. */
export function macText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at += 1) {
    text += `${at === start ? "" : ":"}${(bytes[at] ?? 0).toString(16).padStart(2, "0")}`;
  }
  return text;
}

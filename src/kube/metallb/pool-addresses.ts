/** An entry of an IPAddressPool's addresses: `10.0.0.0/24` or `10.0.0.5-10.0.0.9` (metallb, internal/config/config.go, ParseCIDR). */
import { ADDRESS_BITS, formatAddress, formatPrefix, parseAddress, parsePrefix } from "../../net/address.ts";
import type { Address, Prefix } from "../../net/address.ts";

/** The fewest prefixes that are exactly the addresses from `start` to `end`, in order. */
export function summarize(start: Address, end: Address): readonly Prefix[] {
  const { family } = start;
  const found: Prefix[] = [];
  for (let { value } = start; value <= end.value;) {
    let host = 0;
    while (host < ADDRESS_BITS[family]) {
      const size = 1n << BigInt(host + 1);
      if (value % size !== 0n || value + size - 1n > end.value) break;
      host++;
    }
    found.push({ family, value, length: ADDRESS_BITS[family] - host });
    value += 1n << BigInt(host);
  }
  return found;
}

/** Canonical prefixes, or what is wrong, in MetalLB's words. */
export function poolAddresses(text: string): readonly string[] | string {
  const quoted = JSON.stringify(text);
  if (!text.includes("-")) {
    const prefix = parsePrefix(text);
    return prefix === undefined ? `invalid CIDR ${quoted}` : [formatPrefix(prefix)];
  }
  const invalid = `invalid IP range ${quoted}`;
  const dash = text.indexOf("-");
  const [first, last] = [text.slice(0, dash), text.slice(dash + 1)];
  const start = parseAddress(first.trim());
  if (start === undefined) return `${invalid}: invalid start IP ${JSON.stringify(first)}`;
  const end = parseAddress(last.trim());
  if (end === undefined) return `${invalid}: invalid end IP ${JSON.stringify(last)}`;
  if (start.family !== end.family) return `${invalid}: start and end are of different families`;
  if (start.value > end.value)
    return `${invalid}: start IP "${formatAddress(start)}" is after the end IP "${formatAddress(end)}"`;
  return summarize(start, end).map(formatPrefix);
}

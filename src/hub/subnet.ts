/** Which address or range of an engine's network is free. */
import {
  addressAt,
  ADDRESS_BITS,
  formatAddress,
  networkOf,
  parseAddress,
  prefixSize,
  subPrefix,
} from "../net/address.ts";
import type { Prefix } from "../net/address.ts";

/** Engines count the addresses of an IPv6 range only so far. */
const IPV6_END = 0x1_0000n;

/** `192.168.50.11/24` → its address. */
const addressOf = (text: string) => parseAddress(text.split("/")[0] ?? "");

/** The highest address of the subnet (IPv6: of its first 65,536) that is free; undefined when all are used. */
export function highestFree(subnet: Prefix, taken: readonly string[]): string | undefined {
  const size = prefixSize(subnet);
  const numbers = new Set(taken.map((text) => addressOf(text)?.value));
  const last = (subnet.family === "ipv4" || size < IPV6_END ? size : IPV6_END) - 2n;
  for (let at = last; at > 0n && at > last - 4096n; at--) {
    const address = addressAt(subnet, at);
    if (address !== undefined && !numbers.has(address.value)) return formatAddress(address);
  }
  return undefined;
}

/** The highest aligned range of at least `size` free addresses; undefined when there is none. IPv4. */
export function highestFreeRange(subnet: Prefix, taken: readonly string[], size: number): Prefix | undefined {
  const length = ADDRESS_BITS.ipv4 - Math.ceil(Math.log2(size));
  if (length <= subnet.length) return undefined;
  const used = new Set(taken.flatMap((text) => addressOf(text) ?? []).map((one) => networkOf(one, length).value));
  for (let index = 2 ** (length - subnet.length) - 1; index >= 0; index--) {
    const range = subPrefix(subnet, length, index);
    if (range !== undefined && !used.has(range.value)) return range;
  }
  return undefined;
}

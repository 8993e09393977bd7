/** Address arithmetic: IPv4 and IPv6 addresses and prefixes as numbers, read strictly and written canonically (RFC 4632, RFC 5952). */
import type { Family } from "./family.ts";

export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** A network: `value` has no host bits. */
export interface Prefix {
  readonly family: Family;
  readonly value: bigint;
  readonly length: number;
}

/** An address together with the length of the network that it is in: `10.0.0.1/24`. */
export interface InterfaceAddress {
  readonly address: Address;
  readonly prefix: Prefix;
}

export const ADDRESS_BITS = { ipv4: 32, ipv6: 128 } as const satisfies Record<Family, number>;

function parseIPv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return BigInt(value);
}

function parseIPv6(text: string): bigint | undefined {
  let rest = text;
  if (rest.includes(".")) {
    const colon = rest.lastIndexOf(":");
    const v4 = colon < 0 ? undefined : parseIPv4(rest.slice(colon + 1));
    if (v4 === undefined) return undefined;
    rest = `${rest.slice(0, colon + 1)}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
  }
  const halves = rest.split("::");
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const head = groups[0] ?? [];
  const tail = groups[1] ?? [];
  const count = head.length + tail.length;
  if (halves.length === 1 ? count !== 8 : count > 7) return undefined;
  const all = [...head, ...Array.from({ length: 8 - count }, () => "0"), ...tail];
  let value = 0n;
  for (const group of all) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    value = (value << 16n) | BigInt(Number.parseInt(group, 16));
  }
  return value;
}

/** Reads one address without prefix length; undefined when it is none. Leading zeros and zone indices are refused. */
export function parseAddress(text: string): Address | undefined {
  if (text.includes(":")) {
    const value = parseIPv6(text);
    return value === undefined ? undefined : { family: "ipv6", value };
  }
  const value = parseIPv4(text);
  return value === undefined ? undefined : { family: "ipv4", value };
}

function formatIPv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  let best = { start: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > best.length) best = { start: i, length: end - i };
    i = Math.max(i, end);
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start < 0) return hex.join(":");
  return `${hex.slice(0, best.start).join(":")}::${hex.slice(best.start + best.length).join(":")}`;
}

/** Canonical text: dotted decimal, or RFC 5952. */
export function formatAddress(address: Address): string {
  if (address.family === "ipv6") return formatIPv6(address.value);
  const v = Number(address.value);
  return `${Math.floor(v / 0x1000000)}.${(v >>> 16) & 255}.${(v >>> 8) & 255}.${v & 255}`;
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix)}/${prefix.length}`;
}

/** The network of `length` bits that the address is in. */
export function networkOf(address: Address, length: number): Prefix {
  const host = BigInt(ADDRESS_BITS[address.family] - length);
  return { family: address.family, value: (address.value >> host) << host, length };
}

/** Reads `10.0.0.1/24`: the address and its network. Undefined when malformed or without a length. */
export function parseInterfaceAddress(text: string): InterfaceAddress | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) return undefined;
  const address = parseAddress(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  if (address === undefined || !/^(0|[1-9]\d{0,2})$/.test(bits)) return undefined;
  const length = Number(bits);
  if (length > ADDRESS_BITS[address.family]) return undefined;
  return { address, prefix: networkOf(address, length) };
}

/** Reads a network: `10.0.0.0/24`. A prefix with host bits set is returned as its network; compare `text` to notice. */
export function parsePrefix(text: string): Prefix | undefined {
  return parseInterfaceAddress(text)?.prefix;
}

/** True when `text` is a prefix with bits set beyond its length: `10.0.0.1/24`. */
export function hasHostBits(text: string): boolean {
  const parsed = parseInterfaceAddress(text);
  return parsed !== undefined && parsed.address.value !== parsed.prefix.value;
}

export function prefixSize(prefix: Prefix): bigint {
  return 1n << BigInt(ADDRESS_BITS[prefix.family] - prefix.length);
}

export function prefixContains(prefix: Prefix, address: Address): boolean {
  return (
    prefix.family === address.family &&
    address.value >= prefix.value &&
    address.value < prefix.value + prefixSize(prefix)
  );
}

export function prefixesOverlap(a: Prefix, b: Prefix): boolean {
  return prefixContains(a, b) || prefixContains(b, a);
}

/** The `index`-th address of a prefix, counted from its network address; undefined beyond its end. */
export function addressAt(prefix: Prefix, index: bigint): Address | undefined {
  return index < 0n || index >= prefixSize(prefix) ? undefined : { family: prefix.family, value: prefix.value + index };
}

/** The `index`-th part of `length` bits of a prefix; undefined beyond its end, and where it has no parts of that length. */
export function subPrefix(prefix: Prefix, length: number, index: number): Prefix | undefined {
  if (length < prefix.length || length > ADDRESS_BITS[prefix.family]) return undefined;
  const step = 1n << BigInt(ADDRESS_BITS[prefix.family] - length);
  const value = prefix.value + step * BigInt(index);
  return value >= prefix.value + prefixSize(prefix) ? undefined : { family: prefix.family, value, length };
}

/** True for an address that an interface must not be given: unspecified, multicast, IPv4 broadcast. */
export function isUnassignable(address: Address): boolean {
  if (address.value === 0n) return true;
  return address.family === "ipv4" ? address.value >= 0xe0000000n : address.value >> 120n === 0xffn;
}

export function isIPv6LinkLocal(address: Address): boolean {
  return address.family === "ipv6" && address.value >> 118n === 0xfe80n >> 6n;
}

/** Values per address family, in a fixed order: IPv4 first. */
import { formatAddress, formatPrefix, parseAddress, parsePrefix, prefixContains, type Prefix } from "./address.ts";
import type { PerFamily, Family } from "./family.ts";

export const FAMILIES = ["ipv4", "ipv6"] as const satisfies readonly Family[];
export const DEFAULT_ROUTE = { ipv4: "0.0.0.0/0", ipv6: "::/0" } as const satisfies Record<Family, string>;
export const FAMILY_NAMES = { ipv4: "IPv4", ipv6: "IPv6" } as const satisfies Record<Family, string>;
/** Prefix length of a single address. */
export const HOST_LENGTH = { ipv4: 32, ipv6: 128 } as const satisfies Record<Family, number>;

/** The families that have a value, with it. */
export function perFamily<T>(values: PerFamily<T>): readonly (readonly [Family, T])[] {
  const entries: (readonly [Family, T])[] = [];
  for (const family of FAMILIES) {
    const value = values[family];
    if (value !== undefined) entries.push([family, value]);
  }
  return entries;
}

/** Reads a prefix that the model has already checked. */
export function modelPrefix(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new TypeError(`not a prefix: ${text}`);
  return prefix;
}

/** `192.168.50.11` in `192.168.50.0/24` → `192.168.50.11/24`. */
export function withLength(address: string, subnet: string): string {
  return `${address}/${modelPrefix(subnet).length}`;
}

/** The network address of a prefix without length: `10.244.1.0`. */
export function networkAddress(prefix: string): string {
  return formatAddress(modelPrefix(prefix));
}

/** The `index`-th address of a prefix: index 1 of `10.244.1.0/24` is `10.244.1.1`. */
export function hostAddress(prefix: string, index: bigint): string {
  const { family, value } = modelPrefix(prefix);
  return formatAddress({ family, value: value + index });
}

export function canonicalPrefix(text: string): string {
  return formatPrefix(modelPrefix(text));
}

/** An address, with or without length, as the kernel writes it (RFC 5952); other text is returned as it is. */
export function canonicalAddress(text: string): string {
  if (!text.includes(":")) return text;
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return text;
  return slash < 0 ? formatAddress(address) : `${formatAddress(address)}${text.slice(slash)}`;
}

/** `address` is `pattern`, or lies in it (`10.244.0.0/16`). */
export function addressMatches(address: string, pattern: string): boolean {
  if (!pattern.includes("/")) return canonicalAddress(address) === canonicalAddress(pattern);
  const [one, prefix] = [parseAddress(address), parsePrefix(pattern)];
  return one !== undefined && prefix !== undefined && prefixContains(prefix, one);
}

export function canonicalOptional(text: string | undefined): string | undefined {
  return text === undefined ? undefined : canonicalAddress(text);
}

/** Family of an address or prefix. */
export function familyOf(address: string): Family {
  return address.includes(":") ? "ipv6" : "ipv4";
}

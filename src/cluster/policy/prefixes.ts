/** Arithmetic of prefixes: what is left of an ipBlock without its exceptions, as disjoint prefixes. */
import { formatAddress, parseAddress, parsePrefix, prefixContains, type Prefix } from "../../net/address.ts";
import { HOST_LENGTH } from "../../net/families.ts";

function halves(prefix: Prefix): readonly [Prefix, Prefix] {
  const length = prefix.length + 1;
  const bit = 1n << BigInt(HOST_LENGTH[prefix.family] - length);
  return [
    { ...prefix, length },
    { ...prefix, length, value: prefix.value | bit },
  ];
}

function without(prefix: Prefix, except: Prefix): readonly Prefix[] {
  if (except.length <= prefix.length && prefixContains(except, prefix)) return [];
  if (!prefixContains(prefix, except)) return [prefix];
  return halves(prefix).flatMap((half) => without(half, except));
}

/** A single address is written without its length, as ipset and nft list it. */
export function prefixEntry(prefix: Prefix): string {
  const address = formatAddress(prefix);
  return prefix.length === HOST_LENGTH[prefix.family] ? address : `${address}/${prefix.length}`;
}

/** `cidr` less `except`; texts that are not prefixes are ignored (the API refuses them). */
export function subtractPrefixes(cidr: string, except: readonly string[]): readonly Prefix[] {
  const whole = parsePrefix(cidr);
  if (whole === undefined) return [];
  let left: readonly Prefix[] = [whole];
  for (const text of except) {
    const hole = parsePrefix(text);
    if (hole !== undefined) left = left.flatMap((prefix) => without(prefix, hole));
  }
  return left;
}

/** A whole family has no entry in ipset's hash:net: its two halves do. */
export function splitWhole(prefixes: readonly Prefix[]): readonly Prefix[] {
  return prefixes.flatMap((prefix) => (prefix.length === 0 ? halves(prefix) : [prefix]));
}

/** Whether an address lies in one of the prefixes. */
export function holdsAddress(prefixes: readonly Prefix[], text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && prefixes.some((prefix) => prefixContains(prefix, address));
}

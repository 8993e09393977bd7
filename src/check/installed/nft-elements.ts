/** Elements of nftables sets and maps by their keys, so that a lookup among thousands is one. */
import { canonicalAddress } from "../../capture/address.ts";
import { isObject } from "./nft-rules.ts";
import type { NftValue } from "./nft-rules.ts";

/** What a packet shows: an address, a number, or several of them together. */
export type Known = string | number | readonly (string | number)[];

interface ElementIndex {
  readonly exact: ReadonlyMap<string, NftValue>;
  /** Prefixes, ranges and what else is no single value. */
  readonly wide: readonly NftValue[];
}
const indices = new WeakMap<readonly NftValue[], ElementIndex>();

/** One text for a single value or a concatenation of such; undefined for prefixes and ranges. */
export function keyText(value: Known | NftValue | undefined): string | undefined {
  if (typeof value === "string") return canonicalAddress(value);
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) {
    const parts = value.map((part: NftValue) => keyText(part));
    return parts.includes(undefined) ? undefined : parts.join(" . ");
  }
  if (!isObject(value)) return undefined;
  if (isObject(value["elem"])) return keyText(value["elem"]["val"]);
  return Array.isArray(value["concat"]) ? keyText(value["concat"] as NftValue) : undefined;
}

/** Made once for each listing. */
export function elementIndex(elements: readonly NftValue[]): ElementIndex {
  const known = indices.get(elements);
  if (known !== undefined) return known;
  const exact = new Map<string, NftValue>();
  const wide: NftValue[] = [];
  for (const element of elements) {
    const key = keyText(Array.isArray(element) ? (element[0] as NftValue) : element);
    if (key === undefined) wide.push(element);
    else if (!exact.has(key)) exact.set(key, element);
  }
  const index = { exact, wide };
  indices.set(elements, index);
  return index;
}

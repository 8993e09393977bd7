/** Elements of nftables sets and maps by their keys, so that a lookup among thousands is one. */
import { canonicalAddress, addressMatches } from "../net/families.ts";
import { isObject, listOf, textOf, type NftTable, type NftValue } from "./nft-rules.ts";

/** A packet's value: an address, a number, or several of them combined. */
export type Known = string | number | readonly (string | number)[];

interface ElementIndex {
  readonly exact: ReadonlyMap<string, NftValue>;
  /** Prefixes, ranges and anything else that is not a single value. */
  readonly wide: readonly NftValue[];
}
const indices = new WeakMap<readonly NftValue[], ElementIndex>();

/** One text for a single value or a concatenation of such; undefined for prefixes and ranges. */
function keyText(value: Known | NftValue | undefined): string | undefined {
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
function elementIndex(elements: readonly NftValue[]): ElementIndex {
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

/** The sets and maps of a table, and lookups of rules in them. */
export class NftElements {
  /** Seconds for which a queried set remembers clients. */
  affinitySeconds: number | undefined;
  readonly #table: NftTable;

  constructor(table: NftTable) {
    this.#table = table;
  }

  /** Whether a value is what the right side of a match says: a value, prefix, range, list or `@SET`. */
  isIn(value: Known, right: NftValue | undefined): boolean {
    if (typeof right === "string" && right.startsWith("@")) {
      // A set with a timeout remembers clients; this one is new.
      const timeout = this.#table.timeouts.get(right.slice(1));
      if (timeout !== undefined) {
        this.affinitySeconds ??= timeout;
        return false;
      }
      return this.find(right, value) !== undefined;
    }
    if (isObject(right)) {
      const { prefix, range, elem, concat } = right;
      if (isObject(prefix))
        return typeof value === "string" && addressMatches(value, `${textOf(prefix["addr"])}/${textOf(prefix["len"])}`);
      if (Array.isArray(range))
        return typeof value === "number" && value >= Number(range[0]) && value <= Number(range[1]);
      if (isObject(elem)) return this.isIn(value, elem["val"]);
      if (Array.isArray(concat))
        return (
          Array.isArray(value) &&
          concat.length === value.length &&
          value.every((part: string | number, i) => this.isIn(part, concat[i] as NftValue))
        );
      return listOf(right["set"]).some((one) => this.isIn(value, one));
    }
    if (typeof value === "string" && typeof right === "string")
      return canonicalAddress(value) === canonicalAddress(right);
    return value === right;
  }

  elements(reference: string): readonly NftValue[] {
    return this.#table.elements.get(reference.slice(1)) ?? [];
  }

  /** The element of a set, or the [key, value] of a map, that contains the value. */
  find(reference: string, value: Known): NftValue | undefined {
    const { exact, wide } = elementIndex(this.elements(reference));
    const key = keyText(value);
    return (
      (key === undefined ? undefined : exact.get(key)) ??
      wide.find((one) => this.isIn(value, Array.isArray(one) ? (one[0] as NftValue) : one))
    );
  }
}

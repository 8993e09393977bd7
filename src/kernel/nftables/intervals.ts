/** Networks as the elements of an interval set: where each begins, and the first address after it. */
import { prefixOf } from "./data-type.ts";
import type { Element } from "./set.ts";
import { Unsupported } from "./words.ts";

function number(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function bytes(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => Number((value >> BigInt((size - 1 - index) * 8)) & 0xffn));
}

/** Overlapping and adjoining ones are one, as nft(8) merges them in a set without a name. `size`: bytes of an address. */
export function intervals(networks: readonly string[], size: number): readonly Element[] {
  const ranges = networks.map((text): [first: bigint, after: bigint] => {
    const prefix = prefixOf(text, size);
    if (prefix === undefined) throw new Unsupported(text);
    const span = 1n << BigInt(size * 8 - prefix.length);
    const first = number(prefix.bytes) & ~(span - 1n);
    return [first, first + span];
  });
  const merged: [bigint, bigint][] = [];
  for (const [first, after] of ranges.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)))) {
    const last = merged.at(-1);
    if (last !== undefined && first <= last[1]) last[1] = after > last[1] ? after : last[1];
    else merged.push([first, after]);
  }
  const end = 1n << BigInt(size * 8);
  const elements: Element[] = merged[0]?.[0] === 0n ? [] : [{ key: bytes(0n, size), end: true }];
  for (const [first, after] of merged) {
    elements.push({ key: bytes(first, size) });
    if (after < end) elements.push({ key: bytes(after, size), end: true });
  }
  return elements;
}

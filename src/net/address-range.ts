/** Ranges of addresses, and the order in which CNI's host-local goes through them (plugins/ipam/host-local/backend/allocator of containernetworking/plugins 3d27709). */
import { prefixContains } from "./address.ts";
import type { Address, Prefix } from "./address.ts";

/** With defaults filled: the gateway is .1, which is skipped; start and end are inclusive. */
export interface Range {
  readonly subnet: Prefix;
  readonly start: Address;
  readonly end: Address;
  readonly gateway: Address;
}

export const plus = (address: Address, n: bigint): Address => ({ ...address, value: address.value + n });
export const same = (a: Address, b: Address): boolean => a.family === b.family && a.value === b.value;

/** Between start and end. */
export function rangeContains({ subnet, start, end }: Range, address: Address): boolean {
  return prefixContains(subnet, address) && address.value >= start.value && address.value <= end.value;
}

/** The addresses of a set in the order in which they are tried: after the last one given out, once around; gateways are left out. */
export function* inOrder(ranges: readonly Range[], last?: Address): Generator<Address> {
  const found = last === undefined ? -1 : ranges.findIndex((one) => rangeContains(one, last));
  let at = Math.max(0, found);
  let current = found < 0 ? undefined : last;
  let first: Address | undefined;
  for (;;) {
    const range = ranges[at];
    if (range === undefined) return;
    if (current === undefined) current = range.start;
    else if (same(current, range.end)) {
      at = (at + 1) % ranges.length;
      current = ranges[at]?.start ?? range.start;
    } else current = plus(current, 1n);
    if (first === undefined) first = current;
    else if (same(first, current)) return;
    if (!same(current, (ranges[at] ?? range).gateway)) yield current;
  }
}

/**
 * host-local: which address is next (plugins/ipam/host-local/backend/allocator of containernetworking/plugins 3d27709). Which addresses a
 * lab's pods have until the plugin has been called and has answered.
 */
import {
  formatAddress,
  formatPrefix,
  hasHostBits,
  networkOf,
  parseAddress,
  parseInterfaceAddress,
  prefixContains,
  prefixSize,
} from "../net/address.ts";
import type { Address } from "../net/address.ts";
import { inOrder, plus, rangeContains, same } from "../net/address-range.ts";
import type { Range } from "../net/address-range.ts";

/** As in a configuration's `ipam.ranges`. */
export interface RangeDocument {
  readonly subnet: string;
  readonly rangeStart?: string | undefined;
  readonly rangeEnd?: string | undefined;
  readonly gateway?: string | undefined;
}

/** A mistake of a configuration, or no address left; in the plugin's words. */
export class HostLocalError extends Error {}

function addressOf(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new HostLocalError(`invalid IP address: ${text}`);
  return parsed;
}

/** Throws HostLocalError. */
export function fillRange(doc: RangeDocument): Range {
  const parsed = parseInterfaceAddress(doc.subnet);
  if (parsed === undefined) throw new HostLocalError(`invalid CIDR address: ${doc.subnet}`);
  const { address, prefix: subnet } = parsed;
  const bits = subnet.family === "ipv4" ? 32 : 128;
  if (subnet.length > bits - 2)
    throw new HostLocalError(`Network ${formatAddress(address)}/${subnet.length} too small to allocate from`);
  const network = networkOf(address, subnet.length);
  if (hasHostBits(doc.subnet))
    throw new HostLocalError(
      `Network has host bits set. For a subnet mask of length ${subnet.length} the network address is ${formatPrefix(network).split("/")[0]}`,
    );
  const base: Address = { family: subnet.family, value: network.value };
  const bound = (text: string | undefined, name: string, otherwise: Address): Address => {
    if (text === undefined) return otherwise;
    const one = addressOf(text);
    if (!prefixContains(network, one))
      throw new HostLocalError(`${name} ${formatAddress(one)} not in network ${formatPrefix(network)}`);
    return one;
  };
  const gateway = doc.gateway === undefined ? plus(base, 1n) : addressOf(doc.gateway);
  const start = bound(doc.rangeStart, "RangeStart", plus(base, 1n));
  const last = plus(base, prefixSize(network) - (subnet.family === "ipv4" ? 2n : 1n));
  const end = bound(doc.rangeEnd, "RangeEnd", last);
  if (end.value < start.value)
    throw new HostLocalError(`RangeStart ${formatAddress(start)} not in network ${formatPrefix(network)}`);
  return { subnet: network, start, end, gateway };
}

export function rangesOverlap(a: Range, b: Range): boolean {
  if (a.subnet.family !== b.subnet.family) return false;
  return rangeContains(a, b.start) || rangeContains(a, b.end) || rangeContains(b, a.start) || rangeContains(b, a.end);
}

function rangeText({ start, end }: Range): string {
  return `${formatAddress(start)}-${formatAddress(end)}`;
}

/** A set from which one address is given out. Throws HostLocalError. */
export function fillRanges(docs: readonly RangeDocument[]): readonly Range[] {
  const ranges = docs.map(fillRange);
  const [first] = ranges;
  if (first === undefined) throw new HostLocalError("empty range set");
  if (ranges.some(({ subnet }) => subnet.family !== first.subnet.family))
    throw new HostLocalError("mixed address families");
  for (const [i, one] of ranges.entries())
    for (const other of ranges.slice(0, i))
      if (rangesOverlap(other, one))
        throw new HostLocalError(`subnets ${rangeText(other)} and ${rangeText(one)} overlap`);
  return ranges;
}

/** What the folder of a network holds: addresses as text. */
export interface Reserved {
  has(address: string): boolean;
}

/** The next free address. Throws HostLocalError when there is none. */
export function nextAddress(ranges: readonly Range[], reserved: Reserved, last?: Address): Address {
  for (const address of inOrder(ranges, last)) if (!reserved.has(formatAddress(address))) return address;
  throw new HostLocalError(`no IP addresses available in range set: ${ranges.map(rangeText).join(",")}`);
}

/** An address that is asked for (the capability ips, or IP in CNI_ARGS). Throws HostLocalError. */
export function requestedAddress(ranges: readonly Range[], reserved: Reserved, wanted: Address): Address {
  const range = ranges.find((one) => rangeContains(one, wanted));
  const text = formatAddress(wanted);
  const all = ranges.map(rangeText).join(",");
  if (range === undefined) throw new HostLocalError(`${text} not in range set ${all}`);
  if (same(range.gateway, wanted)) throw new HostLocalError(`requested ip ${text} is subnet's gateway`);
  if (reserved.has(text)) throw new HostLocalError(`requested IP address ${text} is not available in range set ${all}`);
  return wanted;
}

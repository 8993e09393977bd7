/** Lists of networks that a client's address is looked for in. */
import type { Address } from "../net/address.ts";
import { parseAddress, parsePrefix, prefixContains } from "../net/address.ts";
import type { Filter } from "./filter.ts";

const V4_MAPPED = 0xff_ff_00_00_00_00n;

/** `::ffff:10.0.0.1` is 10.0.0.1. */
function plainAddress(text: string): Address | undefined {
  const address = parseAddress(text);
  if (address?.family !== "ipv6" || address.value >> 32n !== V4_MAPPED >> 32n) return address;
  return { family: "ipv4", value: address.value & 0xff_ff_ff_ffn };
}

/** `networks`: prefixes and single addresses. */
export function inNetworks(address: string, networks: readonly string[]): boolean {
  const client = plainAddress(address);
  if (client === undefined) return false;
  return networks.some((text) => {
    const prefix = parsePrefix(text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`);
    return prefix !== undefined && prefixContains(prefix, client);
  });
}

/** Why a client is refused; undefined: it is not. What is denied is denied though it is allowed. */
export function refusedAddress(filter: Extract<Filter, { kind: "addresses" }>, address: string): string | undefined {
  if (filter.denied !== undefined && inNetworks(address, filter.denied)) return `${address} is denied`;
  if (filter.allowed !== undefined && !inNetworks(address, filter.allowed)) return `${address} is not allowed`;
  return undefined;
}

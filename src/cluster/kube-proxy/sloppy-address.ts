/**
 * Addresses as kube-proxy reads them: leading zeros of IPv4 octets and of a mask are accepted, and so are surrounding blanks
 * (k8s.io/utils/net ParseIPSloppy, ParseCIDRSloppy); written canonically. What cannot be parsed is left out.
 */
import {
  formatAddress,
  formatPrefix,
  parseAddress,
  parseInterfaceAddress,
  parsePrefix,
  prefixContains,
} from "../../net/address.ts";
import type { Prefix } from "../../net/address.ts";
import type { Family } from "../../net/family.ts";

/** Decimal numbers lose their leading zeros; an IPv6 address is read the same with them. */
function plain(text: string): string {
  const trimmed = text.trim();
  return trimmed.includes(":")
    ? trimmed.replace(/\/0+(?=\d)/, "/")
    : trimmed.replace(/(^|[./])0+(?=\d)/g, (_, before: string) => before);
}

/** The canonical text of an address of this family; undefined for another family or no address. */
export function sloppyAddress(text: string, family: Family): string | undefined {
  const address = parseAddress(plain(text));
  return address?.family === family ? formatAddress(address) : undefined;
}

function sloppyPrefix(text: string, family: Family): Prefix | undefined {
  const prefix = parsePrefix(plain(text));
  return prefix?.family === family ? prefix : undefined;
}

/** Those of this family, canonical, in their order, each once. */
export function sloppyAddresses(texts: readonly string[], family: Family): readonly string[] {
  const found = texts.map((text) => sloppyAddress(text, family)).filter((text) => text !== undefined);
  return [...new Set(found)];
}

/** As sloppyAddresses, for networks. */
export function sloppyPrefixes(texts: readonly string[], family: Family): readonly string[] {
  const found = texts.map((text) => sloppyPrefix(text, family)).filter((prefix) => prefix !== undefined);
  return [...new Set(found.map(formatPrefix))];
}

/** Whether a canonical network contains a canonical address. */
export function holds(network: string, address: string): boolean {
  const prefix = parseInterfaceAddress(network)?.prefix;
  const parsed = parseAddress(address);
  return prefix !== undefined && parsed !== undefined && prefixContains(prefix, parsed);
}

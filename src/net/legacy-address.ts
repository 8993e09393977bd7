/** Addresses in the notation of old clients, as the API server still reads them: `172.30.0.041`, `10.0.0.1/025` (ParseIPSloppy). */
import { formatAddress, formatPrefix, parseAddress, parsePrefix, type Address } from "./address.ts";

/** Decimal octets with leading zeros lose them. */
function withoutLeadingZeros(text: string): string {
  return text.includes(":") ? text : text.replaceAll(/(^|\.)0+(?=\d)/g, "$1");
}

/** The address and its canonical text; undefined when it is none. */
export function parseLegacyAddress(text: string): { readonly address: Address; readonly text: string } | undefined {
  const address = parseAddress(withoutLeadingZeros(text));
  return address === undefined ? undefined : { address, text: formatAddress(address) };
}

/** The canonical text of a prefix, host bits removed; undefined when it is none. */
export function parseLegacyPrefix(text: string): string | undefined {
  const [address = "", length] = text.trim().split("/");
  if (length === undefined || !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = parsePrefix(`${withoutLeadingZeros(address)}/${Number(length)}`);
  return prefix === undefined ? undefined : formatPrefix(prefix);
}

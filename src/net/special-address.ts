/** Addresses that no endpoint and no external address may have (ValidateNonSpecialIP of pkg/apis/core/validation). */
import { isIPv6LinkLocal, parsePrefix, prefixContains, type Address } from "./address.ts";

const within = (address: Address, ...ranges: readonly string[]): boolean =>
  ranges.some((text) => {
    const prefix = parsePrefix(text);
    return prefix !== undefined && prefixContains(prefix, address);
  });

export function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/** Why the address cannot be used: the API server's message. */
export function specialAddress(address: Address): string | undefined {
  if (address.value === 0n) return "may not be unspecified (0.0.0.0 or ::)";
  if (within(address, "127.0.0.0/8", "::1/128")) return "may not be in the loopback range (127.0.0.0/8, ::1/128)";
  if (within(address, "169.254.0.0/16") || isIPv6LinkLocal(address))
    return "may not be in the link-local range (169.254.0.0/16, fe80::/10)";
  if (within(address, "224.0.0.0/24", "ff02::/16"))
    return "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)";
  return undefined;
}

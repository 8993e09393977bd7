/** Fields that hold addresses or prefixes: one, both families, a list or one text with commas. */
import type { Family, PerFamily } from "../net/family.ts";
import {
  ADDRESS_BITS,
  formatAddress,
  formatPrefix,
  hasHostBits,
  isUnassignable,
  parseAddress,
  parseInterfaceAddress,
  parsePrefix,
} from "../net/address.ts";
import type { Address, InterfaceAddress, Prefix } from "../net/address.ts";
import type { Scope } from "./scope.ts";

export type OneOrBoth = string | readonly string[];

interface ListEntry {
  readonly text: string;
  readonly scope: Scope;
}

/** Each entry of the field with its own place. */
export function listEntries(value: OneOrBoth | undefined, scope: Scope): readonly ListEntry[] {
  if (value === undefined) return [];
  if (typeof value === "string") return value.split(",").map((text) => ({ text: text.trim(), scope }));
  return value.flatMap((entry, i) => entry.split(",").map((text) => ({ text: text.trim(), scope: scope.at(i) })));
}

const EXAMPLE = { prefix: "10.0.0.0/24 or fd00::/64", address: "10.0.0.1 or fd00::1" };

/** One address without a prefix length; reports what is wrong and returns undefined otherwise. */
export function readAddress(text: string, scope: Scope, what = "an address"): Address | undefined {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  const bare = text.split("/", 1)[0] ?? "";
  if (text.includes("/") && parseAddress(bare) !== undefined) {
    scope.error(`"${text}" has a prefix length; only ${what} is expected here`, `write ${bare}`);
  } else {
    scope.error(`"${text}" is not ${what}`, `write for example ${EXAMPLE.address}`);
  }
  return undefined;
}

/** A prefix (network). Host bits are a mistake, a missing length too. */
export function readPrefix(text: string, scope: Scope): Prefix | undefined {
  const prefix = parsePrefix(text);
  if (prefix === undefined) {
    const bare = parseAddress(text);
    if (bare === undefined) scope.error(`"${text}" is not a prefix`, `write for example ${EXAMPLE.prefix}`);
    else
      scope.error(`"${text}" has no prefix length`, `write ${text}/${ADDRESS_BITS[bare.family]} for this one address`);
    return undefined;
  }
  if (hasHostBits(text)) {
    scope.error(`"${text}" has bits set beyond its length`, `write ${formatPrefix(prefix)}`);
  }
  return prefix;
}

/** An interface's address: with prefix length, and one that an interface can have. */
export function readInterfaceAddress(text: string, scope: Scope): InterfaceAddress | undefined {
  const parsed = parseInterfaceAddress(text);
  if (parsed === undefined) {
    const bare = parseAddress(text);
    if (bare === undefined)
      scope.error(`"${text}" is not an address with prefix length`, "write for example 10.0.0.1/24 or fd00::1/64");
    else
      scope.error(
        `"${text}" has no prefix length`,
        `write ${text}/${bare.family === "ipv4" ? 24 : 64}, or /${ADDRESS_BITS[bare.family]} for the address alone`,
      );
    return undefined;
  }
  const { address, prefix } = parsed;
  if (isUnassignable(address)) {
    scope.error(
      `"${text}" cannot be an interface's address`,
      "unspecified, multicast and broadcast addresses cannot belong to an interface",
    );
    return undefined;
  }
  const bits = ADDRESS_BITS[address.family];
  if (prefix.length < bits - 1 && address.value === prefix.value) {
    scope.warn(
      `"${text}" is the network address of ${formatPrefix(prefix)}`,
      `give the interface a host address: ${formatAddress({ ...address, value: address.value + 1n })}/${prefix.length}`,
    );
  }
  return parsed;
}

/** At most one prefix of each family. */
export function readPrefixes(value: OneOrBoth | undefined, scope: Scope): PerFamily<Prefix> {
  return onePerFamily("range", value, scope, (entry) => readPrefix(entry.text, entry.scope));
}

/** At most one address of each family. */
export function readAddresses(
  value: OneOrBoth | undefined,
  scope: Scope,
): PerFamily<{ address: Address; scope: Scope }> {
  return onePerFamily("address", value, scope, (entry) => {
    const address = readAddress(entry.text, entry.scope);
    return address === undefined ? undefined : { family: address.family, address, scope: entry.scope };
  });
}

function onePerFamily<T extends { readonly family: Family }>(
  what: "range" | "address",
  value: OneOrBoth | undefined,
  scope: Scope,
  read: (entry: ListEntry) => T | undefined,
): PerFamily<T> {
  const result: Partial<Record<Family, T>> = {};
  for (const entry of listEntries(value, scope)) {
    const one = read(entry);
    if (one === undefined) continue;
    if (result[one.family] === undefined) result[one.family] = one;
    else {
      const [family, plural] = [one.family === "ipv4" ? "IPv4" : "IPv6", what === "range" ? "ranges" : "addresses"];
      entry.scope.error(`two ${family} ${plural}`, `give at most one ${what} of each family`);
    }
  }
  return result;
}

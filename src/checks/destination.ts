/** Where a check's destination is, in one family: a literal address, or a name that the source's namespace resolves. */
import { FAMILY_NAMES, canonicalAddress } from "../net/families.ts";
import { formatNamespace } from "../net/place.ts";
import type { Destination, Target } from "../net/target.ts";
import type { Family } from "../net/family.ts";

export type Located = { readonly to: string } | { readonly problem: string };

export function locate(destination: Destination, family: Family): Located {
  switch (destination.kind) {
    case "address":
      return { to: destination.address };
    case "name":
      return { to: destination.name };
    case "target":
      return targetAddress(destination.target, family);
    case "service":
      return targetAddress(destination, family);
  }
}

export function targetAddress(target: Pick<Target, "text" | "addresses">, family: Family): Located {
  const address = target.addresses[family];
  return address === undefined ? { problem: `${target.text} has no ${FAMILY_NAMES[family]} address` } : { to: address };
}

/** Each source with the destination, where that is a place of the lab. */
export function targetPairs(from: readonly Target[], to: Destination): readonly (readonly [Target, Target])[] {
  return to.kind === "target" ? from.map((one) => [one, to.target]) : [];
}

/** As the lab file names it. */
export function formatDestination(destination: Destination): string {
  switch (destination.kind) {
    case "address":
      return destination.address;
    case "name":
      return destination.name;
    case "target":
      return destination.target.text;
    case "service":
      return destination.text;
  }
}

/** `pod/client (10.244.0.2)`; undefined address: only the name. */
export function formatSource(destination: Destination, family: Family): string {
  const located = locate(destination, family);
  const name = destination.kind === "target" ? formatNamespace(destination.target.ns) : formatDestination(destination);
  return "to" in located && located.to !== name ? `${name} (${located.to})` : name;
}

/** Compares the address that a server saw with the one expected. */
export function sameAddress(got: string | undefined, expected: Located): boolean {
  return got !== undefined && "to" in expected && canonicalAddress(got) === canonicalAddress(expected.to);
}

/** Endpoints as a lab file names them (pods, addresses) against those that the oracle found. */
import { canonicalAddress } from "../../net/families.ts";
import { splitHostPort } from "../../net/host-port.ts";
import type { Destination } from "../../net/target.ts";
import type { Family } from "../../net/family.ts";
import { formatDestination, locate } from "../destination.ts";
import type { Comparison } from "./comparison.ts";

export function namesOf(destinations: readonly Destination[]): string {
  return destinations.map(formatDestination).join(", ");
}

/** Undefined: they are the same, or nothing was requested. */
export function endpointsDiffer(
  { oracle, text }: Comparison,
  wanted: readonly Destination[] | undefined,
  family: Family,
): string | undefined {
  if (wanted === undefined) return undefined;
  if (oracle.kind !== "endpoints") return `no endpoints: ${text}`;
  const got = new Set(
    [...oracle.masqueraded.keys()].map((endpoint) => canonicalAddress(splitHostPort(endpoint).address)),
  );
  const addresses = new Set<string>();
  for (const one of wanted) {
    const located = locate(one, family);
    if ("problem" in located) return located.problem;
    addresses.add(canonicalAddress(located.to));
    if (!got.has(canonicalAddress(located.to)))
      return `${formatDestination(one)} (${located.to}) is not among the endpoints: ${text}`;
  }
  const more = [...got].find((address) => !addresses.has(address));
  return more === undefined ? undefined : `${more} is an endpoint too: ${text}`;
}

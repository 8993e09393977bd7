/**
 * Whether the neighbour (ARP, NDP) tables hold what a lab's pods need to talk to each other.
 * They are global to the host, not per namespace: with more than gc_thresh3 entries half of the connections time out
 * ("neighbour: arp_cache: neighbor table overflow!", arp(7)). Permanent entries do not count (Linux 5.0, 58956317c8de).
 */
import { readFileSync } from "node:fs";
import { addTo } from "../append.ts";
import { kindOf } from "../checks/registry.ts";
import type { Lab } from "../lab/lab.ts";
import { parseInterfaceAddress, parseAddress, prefixContains, type Address, type Prefix } from "../net/address.ts";
import { neighbourLimits, neighboursFit } from "../plan/neighbour-limits.ts";
import type { Family } from "../net/family.ts";
import { addressesOf } from "../resources/definitions.ts";
import type { Resource } from "../resources/resource.ts";
import type { Finding } from "./finding.ts";

/** The kernel's default of gc_thresh3. */
const DEFAULT_LIMIT = 1024;

/** gc_thresh3 of this host. Readable in the initial namespace only; the default is assumed otherwise. */
export function neighbourLimit(family: Family): number {
  try {
    return Number(readFileSync(`/proc/sys/net/${family}/neigh/default/gc_thresh3`, "utf8"));
  } catch {
    return DEFAULT_LIMIT;
  }
}

/**
 * Entries that the lab's checks make, per family: on a common subnet each end learns the other; otherwise each learns
 * its gateway, and the gateways learn them.
 */
export function countNeighbours(resources: readonly Resource[], lab: Lab, family: Family): number {
  const pairs = lab.checks.flatMap((check) =>
    check.families.includes(family) ? (kindOf(check).pairs?.(check) ?? []) : [],
  );
  if (pairs.length === 0) return 0;
  const subnets = new Map<string, Prefix[]>();
  for (const { ns, address, family: own } of resources.flatMap(addressesOf)) {
    const prefix = own === family ? parseInterfaceAddress(address)?.prefix : undefined;
    if (prefix !== undefined) addTo(subnets, ns, prefix);
  }
  const addresses = new Map<string, Address | undefined>();
  const addressOf = (text: string): Address | undefined => {
    if (!addresses.has(text)) addresses.set(text, parseAddress(text));
    return addresses.get(text);
  };
  const entries = new Set<string>();
  for (const [from, to] of pairs) {
    const address = addressOf(to.addresses[family] ?? "");
    if (address === undefined || from.ns === to.ns) continue;
    const onLink = subnets.get(from.ns)?.some((prefix) => prefixContains(prefix, address)) === true;
    entries.add(onLink ? `${from.ns}>${to.ns}` : `${from.ns}>gateway`);
    // The gateway of `to` delivers to it, and `to` answers through it.
    if (!onLink) entries.add(`gateway>${to.ns}`).add(`gateway>${from.ns}`).add(`${to.ns}>gateway`);
    else entries.add(`${to.ns}>${from.ns}`);
  }
  return entries.size;
}

export interface NeighbourNeed {
  readonly family: Family;
  readonly entries: number;
  readonly limit: number;
  readonly fits: boolean;
}

/** What the lab's checks need of each family's table. */
export function neighbourNeeds(
  resources: readonly Resource[],
  lab: Lab,
  limit: (family: Family) => number = neighbourLimit,
): NeighbourNeed[] {
  return lab.families.map((family) => {
    const entries = countNeighbours(resources, lab, family);
    const most = limit(family);
    return { family, entries, limit: most, fits: neighboursFit(entries, most) };
  });
}

/** The worst family's finding. */
export function foreseeNeighbours(
  resources: readonly Resource[],
  lab: Lab,
  limit: (family: Family) => number = neighbourLimit,
): Finding {
  const area = "neighbours";
  const needs = neighbourNeeds(resources, lab, limit);
  const worst = needs.filter(({ fits }) => !fits).toSorted((a, b) => b.entries / b.limit - a.entries / a.limit)[0];
  if (worst === undefined) {
    const text = needs
      .map(({ family, entries, limit: most }) => `${family} about ${entries} of ${most} entries`)
      .join(", ");
    return {
      area,
      name: lab.name,
      status: "ok",
      text: `the checks of ${lab.name} need ${text === "" ? "no entries" : text}`,
    };
  }
  const { family, entries, limit: most } = worst;
  return {
    area,
    name: lab.name,
    status: "warn",
    text: `the checks of ${lab.name} make about ${entries} ${family} neighbour entries, this host holds ${most} for all namespaces together: connections will time out`,
    fix: `sudo k8snet-lab up ${lab.file} --tune-host   (raises the tables until the lab is down)   or   sudo sysctl -w ${settings(needs)}`,
  };
}

function settings(needs: readonly NeighbourNeed[]): string {
  return needs
    .filter(({ fits }) => !fits)
    .flatMap(({ family, entries }) => Object.entries(neighbourLimits(family, entries)))
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}

/**
 * Whether the neighbour (ARP, NDP) tables hold what a lab's pods need to talk to each other.
 * They are global to the host, not per namespace: with more than gc_thresh3 entries half of the connections time out
 * ("neighbour: arp_cache: neighbor table overflow!", arp(7)). Permanent entries do not count (Linux 5.0, 58956317c8de).
 */
import { readFileSync } from "node:fs";
import type { Check } from "../../model/check.ts";
import type { Lab, Target } from "../../model/lab.ts";
import { parseInterfaceAddress, parseAddress, prefixContains } from "../../model/address.ts";
import type { Prefix } from "../../model/address.ts";
import type { Family, Resource } from "../../plan/resource.ts";
import type { Finding } from "./finding.ts";

/** The kernel's default of gc_thresh3. */
const DEFAULT_LIMIT = 1024;
/** Part of the table that a lab may fill before we speak up: others on this host need entries too. */
const COMFORTABLE = 0.8;

/** gc_thresh3 of this host. Readable in the initial namespace only; the default is assumed otherwise. */
export function neighbourLimit(family: Family): number {
  try {
    return Number(readFileSync(`/proc/sys/net/${family}/neigh/default/gc_thresh3`, "utf8"));
  } catch {
    return DEFAULT_LIMIT;
  }
}

/** Pairs that a check makes talk. */
function pairsOf(check: Check): [Target, Target][] {
  if (check.kind === "reach") {
    return check.from.flatMap((from, i) =>
      check.to.flatMap((to, j): [Target, Target][] =>
        (check.expect[i]?.[j] ?? null) === null ? [] : [[from, to]],
      ),
    );
  }
  if (!("from" in check) || !("to" in check) || check.to.kind !== "target") return [];
  const { target } = check.to;
  return check.from.map((from) => [from, target]);
}

/**
 * Entries that the lab's checks make, per family: on a common subnet each end learns the other; otherwise each learns
 * its gateway, and the gateways learn them.
 */
export function countNeighbours(resources: readonly Resource[], lab: Lab, family: Family): number {
  const subnets = new Map<string, Prefix[]>();
  for (const resource of resources) {
    if (resource.kind !== "addr" || resource.family !== family) continue;
    const prefix = parseInterfaceAddress(resource.address)?.prefix;
    if (prefix !== undefined) subnets.set(resource.ns, [...(subnets.get(resource.ns) ?? []), prefix]);
  }
  const entries = new Set<string>();
  const learn = (from: Target, to: Target): void => {
    const address = parseAddress(to.addresses[family] ?? "");
    if (address === undefined || from.ns === to.ns) return;
    const onLink = subnets.get(from.ns)?.some((prefix) => prefixContains(prefix, address)) === true;
    entries.add(onLink ? `${from.ns}>${to.ns}` : `${from.ns}>gateway`);
    // The gateway of `to` delivers to it, and `to` answers through it.
    if (!onLink) entries.add(`gateway>${to.ns}`).add(`gateway>${from.ns}`).add(`${to.ns}>gateway`);
    else entries.add(`${to.ns}>${from.ns}`);
  };
  for (const check of lab.checks)
    for (const [from, to] of pairsOf(check)) if (check.families.includes(family)) learn(from, to);
  return entries.size;
}

/** The worst family's finding. */
export function foreseeNeighbours(
  resources: readonly Resource[],
  lab: Lab,
  limit: (family: Family) => number = neighbourLimit,
): Finding {
  const area = "neighbours";
  const counts = lab.families.map((family) => ({
    family,
    entries: countNeighbours(resources, lab, family),
    limit: limit(family),
  }));
  const worst = counts.toSorted((a, b) => b.entries / b.limit - a.entries / a.limit)[0];
  if (worst === undefined || worst.entries <= worst.limit * COMFORTABLE) {
    const text = counts
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
  const wanted = 2 ** Math.ceil(Math.log2(entries * 2));
  const key = `net.${family}.neigh.default`;
  return {
    area,
    name: lab.name,
    status: "warn",
    text: `the checks of ${lab.name} make about ${entries} ${family} neighbour entries, this host holds ${most} for all namespaces together: connections will time out`,
    fix: `sudo sysctl -w ${key}.gc_thresh3=${wanted} ${key}.gc_thresh2=${wanted / 2} ${key}.gc_thresh1=${wanted / 4}   (back: ${most}, 512, 128)`,
  };
}

/** How large the host's neighbour tables must be for a number of entries: gc_thresh1 to 3 of arp(7). */
import type { Family } from "../net/family.ts";

/** Neighbour entries that labs may make at the same time, per family. */
export type NeighbourEntries = Readonly<Partial<Record<Family, number>>>;

/** Part of a table that labs may fill: others on the host need entries too. */
const COMFORTABLE = 0.8;

export function neighboursFit(entries: number, limit: number): boolean {
  return entries <= limit * COMFORTABLE;
}

export function neighbourLimitKey(family: Family, threshold: 1 | 2 | 3): string {
  return `net.${family}.neigh.default.gc_thresh${threshold}`;
}

/**
 * Sysctl → value, for twice the entries and more, rounded up to a power of two. Below the first threshold nothing is
 * collected; above the second the kernel collects at once, above the third it refuses.
 */
export function neighbourLimits(family: Family, entries: number): Readonly<Record<string, number>> {
  const most = 2 ** Math.ceil(Math.log2(entries * 2));
  return {
    [neighbourLimitKey(family, 1)]: most / 4,
    [neighbourLimitKey(family, 2)]: most / 2,
    [neighbourLimitKey(family, 3)]: most,
  };
}

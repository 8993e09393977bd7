/** ipamd's arithmetic: whether a node has too few or too many free addresses (aws/amazon-vpc-cni-k8s b5218838, pkg/ipamd/ipamd.go). */
import { PREFIX_SIZE } from "./instance-type.ts";

/** Absent targets are not set. */
export interface WarmTargets {
  /** WARM_ENI_TARGET: ENIs with all of their addresses. */
  readonly eni: number;
  /** WARM_IP_TARGET, MINIMUM_IP_TARGET: either takes the place of the others. */
  readonly ip?: number | undefined;
  readonly minimum?: number | undefined;
  /** WARM_PREFIX_TARGET. */
  readonly prefix: number;
}

/** A node's addresses for pods: how many there are on its ENIs, and how many of them pods have. */
export interface PoolStats {
  readonly total: number;
  readonly assigned: number;
  /** Of these, prefixes that no pod has an address of. */
  readonly freePrefixes: number;
}

export interface PoolShape {
  readonly targets: WarmTargets;
  /** Prefixes, not addresses, are what ENIs get. */
  readonly prefixes: boolean;
  /** Addresses or prefixes of an ENI, without its own address. */
  readonly slots: number;
  readonly maxPods: number;
}

const ceil = (x: number, by: number): number => Math.ceil(x / by);

/** datastoreTargetState: how many addresses or prefixes are missing, or more than asked for; undefined: neither target is set. */
export function targetState(
  { targets: { ip = 0, minimum = 0 }, prefixes }: PoolShape,
  { total, assigned, freePrefixes }: PoolStats,
): { readonly short: number; readonly over: number } | undefined {
  if (ip === 0 && minimum === 0) return undefined;
  const available = total - assigned;
  const short = Math.max(ip - available, 0, minimum - total);
  if (!prefixes) {
    const over = Math.max(available - ip, 0);
    return { short, over: Math.max(Math.min(over, total - minimum), 0) };
  }
  const needed = Math.max(ceil(assigned + ip, PREFIX_SIZE), ceil(minimum, PREFIX_SIZE));
  return {
    short: ceil(short, PREFIX_SIZE),
    over: Math.max(Math.min(freePrefixes, total / PREFIX_SIZE - needed), 0),
  };
}

/** isDatastorePoolTooLow. */
export function isTooLow(shape: PoolShape, stats: PoolStats): boolean {
  const { targets, prefixes, slots, maxPods } = shape;
  if (stats.total >= maxPods) return false;
  const state = targetState(shape, stats);
  if (state !== undefined) return state.short > 0;
  const [warm, each] = prefixes ? [targets.prefix, PREFIX_SIZE] : [targets.eni, slots];
  const available = stats.total - stats.assigned;
  return available < each * warm || (warm === 0 && available === 0);
}

/** GetENIResourcesToAllocate, and what is added to ENIs that are there: addresses or prefixes. */
export function wanted(shape: PoolShape, stats: PoolStats): number {
  const state = targetState(shape, stats);
  if (!shape.prefixes) return state === undefined ? shape.slots : Math.min(state.short, shape.slots);
  const missing = state?.short ?? Math.max(shape.targets.prefix - stats.freePrefixes, 0);
  return Math.min(Math.max(1, missing), shape.slots);
}

/** How many addresses or prefixes are given back; of whole ENIs see isEniTooMany. */
export function surplus(shape: PoolShape, stats: PoolStats): number {
  const state = targetState(shape, stats);
  if (state !== undefined) return state.over;
  return shape.prefixes ? Math.max(stats.freePrefixes - shape.targets.prefix, 0) : 0;
}

/** shouldRemoveExtraENIs: an ENI of which no pod has an address may go. */
export function isEniTooMany(shape: PoolShape, stats: PoolStats): boolean {
  const { targets, prefixes, slots } = shape;
  if (prefixes || targetState(shape, stats) !== undefined) return false;
  return stats.total - stats.assigned >= (targets.eni + 1) * slots;
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "es"}`;

/** Why a node has as many addresses as it has: `WARM_ENI_TARGET 1: at least 9 free addresses`. */
export function targetText({ targets, prefixes, slots }: PoolShape): string {
  const { ip, minimum, eni, prefix } = targets;
  const set = [
    ...(ip === undefined ? [] : [`WARM_IP_TARGET ${ip}`]),
    ...(minimum === undefined ? [] : [`MINIMUM_IP_TARGET ${minimum}`]),
  ];
  if (set.length > 0) return set.join(", ");
  return prefixes
    ? `WARM_PREFIX_TARGET ${prefix}: at least ${plural(prefix * PREFIX_SIZE, "free address")}`
    : `WARM_ENI_TARGET ${eni}: at least ${plural(eni * slots, "free address")}`;
}

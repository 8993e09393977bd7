/** What the planner must know of a kind of resource: `plan` of its definition. */
import type { ObservedIndex } from "./observed-index.ts";
import type { ResourceIndex } from "./resource-index.ts";

/** Ids of other resources. */
export interface Dependencies {
  /** Must be there first. */
  readonly needs: readonly string[];
  /** When one of these goes, the kernel removes this resource with it: when it is recreated, this must be recreated too. */
  readonly diesWith: readonly string[];
  /** When one of these is recreated, this resource stays but must be set again (a port loses its bridge). */
  readonly resetBy?: readonly string[] | undefined;
}

export type Comparison =
  | { readonly status: "same" }
  | { readonly status: "missing"; readonly reason?: string | undefined }
  /** `gone`: it is there and yet of no use, as if it were missing. `recreate`: the kernel cannot change it in place. `differences` as text: `mtu is 1500, should be 1450`. */
  | {
      readonly status: "changed";
      readonly differences: readonly string[];
      readonly recreate: boolean;
      readonly gone?: boolean | undefined;
    };

export const SAME: Comparison = { status: "same" };
export const MISSING: Comparison = { status: "missing" };

export function changed(differences: readonly string[], recreate = false): Comparison {
  return differences.length === 0 ? SAME : { status: "changed", differences, recreate };
}

export interface KindPlan<R> {
  dependencies(resource: R, index: ResourceIndex): Dependencies;
  /** Names that the kernel allows only once: what claims one that is to be deleted waits for that. */
  claims?(resource: R): readonly string[];
  compare(resource: R, observed: ObservedIndex): Comparison;
  /** Texts of the rules that a difference of `compare` is about; undefined: it is about all. Absent: it has no rules. */
  rulesAbout?(resource: R, difference: string): readonly string[] | undefined;
  /** True when the step from one to the other takes delete and create. */
  replaces(before: R, after: R): boolean;
  /** The part of what was applied that is still there; what `delete` and `before` may contain. Default: all. */
  present?(applied: R, observed: ObservedIndex): R;
  /** While its state is not known, it may use any of what is `heldByUsers`. */
  readonly usesUnsaid?: boolean | undefined;
  /** It cannot go while another resource uses it: deleted after its users have been updated. */
  readonly heldByUsers?: boolean | undefined;
  /** Duties that must be fulfilled at every moment, like `n1 NetworkPolicy ipv4`: given up only after another resource has taken over. */
  upholds?(resource: R): readonly string[];
}

/** `mtu is 1500, should be 1450`, or nothing when they are equal. */
export function difference(
  what: string,
  actual: string | number | boolean | undefined,
  wanted: string | number | boolean | undefined,
): string[] {
  if (actual === wanted) return [];
  const word = (value: string | number | boolean | undefined): string =>
    value === undefined ? "none" : value === true ? "on" : value === false ? "off" : String(value);
  return [`${what} is ${word(actual)}, should be ${word(wanted)}`];
}

/** The same, only where a value is wished for. */
export function wishedDifference(
  what: string,
  actual: string | number | boolean | undefined,
  wanted: string | number | boolean | undefined,
): string[] {
  return wanted === undefined ? [] : difference(what, actual, wanted);
}

/** Without the undefined ones. */
export function ids(...all: readonly (string | undefined)[]): readonly string[] {
  return all.filter((id) => id !== undefined);
}

/** What resolving a check works with: the lab's names, families and captures, and the fields that all checks share. */
import type { Family } from "../net/family.ts";
import type { CaptureSpec } from "../lab/capture.ts";
import type { Check, LostCheck } from "../lab/check.ts";
import type { Destination, Target } from "../net/target.ts";
import { readTargets } from "../targets/destination.ts";
import type { Scope } from "../syntax/scope.ts";
import type { TargetIndex } from "../targets/parse-target.ts";

/** What resolving a check needs besides its own document. */
export interface ResolveContext {
  readonly index: TargetIndex;
  readonly families: readonly Family[];
  readonly captures: readonly CaptureSpec[];
  /** Bytes that packets between nodes carry less than the lab file says: the wire has no room for them. */
  readonly less?: number | undefined;
  /** Collects the checks that are not made with the lab's network plugin. */
  readonly leftOut?: LostCheck[] | undefined;
}

/** The fields that all checks share; families are chosen when source and destination are known. */
export interface CheckFields extends Omit<Check, "kind" | "families" | "from" | "argv"> {
  readonly familiesFor: (from: readonly Target[], to?: Destination) => readonly Family[];
}

/** The targets of `from`: one text or a list. */
export function readFrom(value: string | readonly string[], context: ResolveContext, scope: Scope): readonly Target[] {
  if (typeof value === "string") return readTargets(value, context.index, scope.at("from"));
  return value.flatMap((text, i) => readTargets(text, context.index, scope.at("from", i)));
}

/** The fields that every check has, its families chosen. */
export function common(fields: CheckFields, from: readonly Target[], to?: Destination) {
  const { familiesFor, ...rest } = fields;
  return { ...rest, families: familiesFor(from, to) };
}

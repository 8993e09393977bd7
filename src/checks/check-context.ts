/** What resolving a check works with: the lab's names, families and captures, and the fields that all checks share. */
import type { Family } from "../net/family.ts";
import type { CheckDocuments } from "./schema.ts";
import type { CaptureSpec } from "../lab/capture.ts";
import type { Check, CheckKind } from "../lab/check.ts";
import type { Destination, Target } from "../net/target.ts";
import { readTargets } from "../targets/destination.ts";
import { nearestNames } from "../syntax/nearest.ts";
import type { Scope } from "../syntax/scope.ts";
import type { TargetIndex } from "../targets/select.ts";

/** What resolving a check needs besides its own document. */
export interface CheckContext {
  readonly index: TargetIndex;
  readonly families: readonly Family[];
  readonly captures: readonly CaptureSpec[];
}

/** The fields that all checks share. */
export interface CheckBase {
  readonly name: string;
  readonly source: Check["source"];
  readonly within: number;
  readonly timeout: number;
  readonly explain?: string | undefined;
  readonly fails: boolean;
  readonly fault?: true | undefined;
  /** Families for a check that goes from these targets to that destination. */
  readonly familiesFor: (from: readonly Target[], to?: Destination) => readonly Family[];
}

export type CheckResolver<K extends CheckKind> = (
  doc: CheckDocuments[K],
  base: CheckBase,
  context: CheckContext,
  scope: Scope,
) => Check | undefined;

/** The capture, or a mistake with the names that there are. */
export function requireCapture(name: string, context: CheckContext, scope: Scope): void {
  const names = context.captures.map((capture) => capture.name);
  if (names.includes(name)) return;
  const near = nearestNames(name, names);
  scope.dangling(
    `there is no capture "${name}"`,
    near.length > 0
      ? `did you mean "${near[0]}"?`
      : names.length > 0
        ? `captures: ${names.join(", ")}`
        : "declare it under spec.captures",
  );
}

/** The targets of `from`: one text or a list. */
export function readFrom(value: string | readonly string[], context: CheckContext, scope: Scope): readonly Target[] {
  if (typeof value === "string") return readTargets(value, context.index, scope.at("from"));
  return value.flatMap((text, i) => readTargets(text, context.index, scope.at("from", i)));
}

/** The fields that every check has, its families chosen. */
export function common(base: CheckBase, from: readonly Target[], to?: Destination) {
  const { familiesFor, ...rest } = base;
  return { ...rest, families: familiesFor(from, to) };
}

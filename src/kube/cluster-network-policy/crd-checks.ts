/** What a CustomResourceDefinition's schema refuses, in the API server's words (apiextensions-apiserver, kube-openapi). */
import { formatPath, type Path } from "../../syntax/path.ts";
import { invalidValue, unsupportedValue } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";

const inBody = (path: Path, text: string): string => `${formatPath(path)} in body should ${text}`;

export function checkRequired(value: unknown, path: Path, report: Report, hint?: string): void {
  if (value === undefined) report(path, "Required value", hint === undefined ? {} : { hint });
}

export function checkEnum(value: string | undefined, supported: readonly string[], path: Path, report: Report): void {
  if (value === undefined) report(path, "Required value", { hint: `one of ${supported.join(", ")}` });
  else if (!supported.includes(value)) report(path, unsupportedValue(value, supported), { at: "value" });
}

export function checkItems(
  list: readonly unknown[] | undefined,
  most: number,
  path: Path,
  report: Report,
  least = 1,
): void {
  if (list === undefined) return;
  if (list.length < least)
    report(path, invalidValue(list.length, inBody(path, `have at least ${least} items`)), { at: "value" });
  if (list.length > most) report(path, `Too many: ${list.length}: must have at most ${most} items`, { at: "value" });
}

/** `listType: set`. */
export function checkUnique(list: readonly string[] | undefined, path: Path, report: Report): void {
  for (const [i, text] of (list ?? []).entries())
    if (list?.indexOf(text) !== i) report([...path, i], `Duplicate value: ${JSON.stringify(text)}`, { at: "value" });
}

/** Exactly one of a map's keys is set. */
export function checkOneKey(value: object, keys: readonly string[], path: Path, report: Report): void {
  const count = Object.values(value).filter((one) => one !== undefined).length;
  if (count === 1) return;
  const text = count === 0 ? "have at least 1 properties" : "have at most 1 properties";
  const hint = count === 0 ? `one of ${keys.join(", ")}` : "make an entry of each: each begins with its own -";
  report(path, invalidValue(count, inBody(path, text)), { at: "value", hint });
}

export function checkRange(value: number | undefined, from: number, to: number, path: Path, report: Report): void {
  if (value === undefined) return;
  if (value < from)
    report(path, invalidValue(value, inBody(path, `be greater than or equal to ${from}`)), { at: "value" });
  if (value > to) report(path, invalidValue(value, inBody(path, `be less than or equal to ${to}`)), { at: "value" });
}

export function checkLength(value: string | undefined, most: number, path: Path, report: Report): void {
  if (value !== undefined && Buffer.byteLength(value) > most)
    report(path, `Too long: may not be more than ${most} bytes`, { at: "value" });
}

export function checkPattern(value: string, pattern: RegExp, path: Path, report: Report, hint: string): void {
  if (!pattern.test(value))
    report(path, invalidValue(value, inBody(path, `match '${pattern.source}'`)), { at: "value", hint });
}

/** Label selectors as manifests write them: shape, the API server's checks, and what they match. */
import * as z from "zod";
import { lazy } from "../syntax/lazy.ts";
import type { Path } from "../syntax/path.ts";
import { checkLabelKey, checkLabels, checkLabelValue } from "../syntax/kube-names.ts";
import type { Report } from "../syntax/report.ts";
import { argument } from "../syntax/scalar.ts";
import { stringMap } from "./metadata.ts";

export const labelSelector = lazy(() =>
  z.strictObject({
    matchLabels: stringMap.optional(),
    matchExpressions: z
      .array(
        z.strictObject({
          key: argument,
          operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
          values: z.array(argument).nullable().optional(),
        }),
      )
      .nullable()
      .optional(),
  }),
);

export type LabelSelectorDocument = z.infer<typeof labelSelector>;

/** Kubernetes' label selector: all of matchLabels and matchExpressions; NotIn matches objects that lack the key. */
export function selectorMatches(selector: LabelSelectorDocument, labels: Readonly<Record<string, string>>): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
      const value = labels[key];
      const listed = value !== undefined && (values ?? []).includes(value);
      switch (operator) {
        case "In":
          return listed;
        case "NotIn":
          return !listed;
        case "Exists":
          return value !== undefined;
        case "DoesNotExist":
          return value === undefined;
      }
    })
  );
}

/** The API server's checks (apimachinery/pkg/apis/meta/v1/validation: ValidateLabelSelector). */
export function checkLabelSelector(selector: LabelSelectorDocument, path: Path, report: Report): void {
  checkLabels(selector.matchLabels, [...path, "matchLabels"], report);
  for (const [i, { key, operator, values }] of (selector.matchExpressions ?? []).entries()) {
    const at = [...path, "matchExpressions", i];
    const needed = operator === "In" || operator === "NotIn";
    if (needed && (values ?? []).length === 0)
      report([...at, "values"], "Required value: must be specified when `operator` is 'In' or 'NotIn'");
    if (!needed && (values ?? []).length > 0)
      report([...at, "values"], "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    checkLabelKey(key, [...at, "key"], report);
    for (const [j, value] of (values ?? []).entries()) checkLabelValue(value, [...at, "values", j], report);
  }
}

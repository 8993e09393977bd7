/** Label selectors as the API server keeps them: one list of requirements that all must hold. */
import type { LabelSelectorDocument } from "./label-selector-schema.ts";
import type { LabelSelector } from "./network-policy/network-policy.ts";

/** matchLabels are requirements with one value (apimachinery: LabelSelectorAsSelector). */
export function labelSelector(document: LabelSelectorDocument): LabelSelector {
  return {
    requirements: [
      ...Object.entries(document.matchLabels ?? {}).map(([key, value]) => ({
        key,
        operator: "In" as const,
        values: [value],
      })),
      ...(document.matchExpressions ?? []).map(({ key, operator, values }) => ({
        key,
        operator,
        values: values ?? [],
      })),
    ],
  };
}

/** True when all requirements hold. `NotIn` holds for objects that lack the key; no requirements: everything matches. */
export function matches(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return selector.requirements.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    switch (operator) {
      case "In":
        return value !== undefined && values.includes(value);
      case "NotIn":
        return value === undefined || !values.includes(value);
      case "Exists":
        return value !== undefined;
      case "DoesNotExist":
        return value === undefined;
    }
  });
}

/** As `kubectl get -l` writes it: `app=web,tier in (a,b),!legacy`; `<all>` without requirements. */
export function formatSelector(selector: LabelSelector): string {
  if (selector.requirements.length === 0) return "<all>";
  return selector.requirements
    .map(({ key, operator, values }) => {
      const list = `(${values.join(",")})`;
      switch (operator) {
        case "In":
          return values.length === 1 ? `${key}=${values[0]}` : `${key} in ${list}`;
        case "NotIn":
          return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin ${list}`;
        case "Exists":
          return key;
        case "DoesNotExist":
          return `!${key}`;
      }
    })
    .join(",");
}

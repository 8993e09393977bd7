/** What Deployment and ReplicaSet share: replicas, selector, pod template. */
import * as z from "zod";
import { checkLabels, invalidValue } from "../kube-names.ts";
import type { Report } from "../report.ts";
import { argument } from "../scalar.ts";
import { stringMap, templateMeta } from "./metadata.ts";
import { checkPodSpec, podSpec } from "./pod-spec.ts";

/** More replicas than any lab has addresses for. */
const MAX_REPLICAS = 10_000;

const labelSelector = z.strictObject({
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
});

export type LabelSelectorDocument = z.infer<typeof labelSelector>;

export const podTemplate = z.strictObject({ metadata: templateMeta.nullable().optional(), spec: podSpec });

export type PodTemplateDocument = z.infer<typeof podTemplate>;

export const workloadSpec = {
  replicas: z.int().nullable().optional(),
  selector: labelSelector,
  template: podTemplate,
  minReadySeconds: z.unknown().optional(),
};

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

interface WorkloadSpec {
  readonly replicas?: number | null | undefined;
  readonly selector: LabelSelectorDocument;
  readonly template: PodTemplateDocument;
}

function checkExpressions(selector: LabelSelectorDocument, report: Report): void {
  for (const [i, { operator, values }] of (selector.matchExpressions ?? []).entries()) {
    const at = ["spec", "selector", "matchExpressions", i, "values"];
    const needed = operator === "In" || operator === "NotIn";
    if (needed && (values ?? []).length === 0)
      report(at, "Required value: must be specified when `operator` is 'In' or 'NotIn'");
    if (!needed && (values ?? []).length > 0)
      report(at, "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  }
}

/** Kubernetes' checks of a Deployment's or ReplicaSet's spec. */
export function checkWorkloadSpec(spec: WorkloadSpec, kind: string, report: Report): void {
  const { selector, template, replicas } = spec;
  if (typeof replicas === "number" && replicas < 0) {
    report(["spec", "replicas"], invalidValue(replicas, "must be greater than or equal to 0"), { at: "value" });
  }
  if (typeof replicas === "number" && replicas > MAX_REPLICAS) {
    report(["spec", "replicas"], invalidValue(replicas, `a lab holds at most ${MAX_REPLICAS} replicas`), {
      at: "value",
    });
  }
  checkLabels(selector.matchLabels, ["spec", "selector", "matchLabels"], report);
  checkExpressions(selector, report);
  const labels = template.metadata?.labels ?? {};
  checkLabels(labels, ["spec", "template", "metadata", "labels"], report);
  if (Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0) {
    report(["spec", "selector"], invalidValue({}, `empty selector is invalid for ${kind.toLowerCase()}`), {
      hint: "select the template's labels: matchLabels: { app: NAME }",
    });
  } else if (!selectorMatches(selector, labels)) {
    const at =
      template.metadata?.labels === undefined
        ? ["spec", "template", "metadata"]
        : ["spec", "template", "metadata", "labels"];
    report(at, invalidValue(labels, "`selector` does not match template `labels`"), {
      hint: `give the template the labels of spec.selector: ${JSON.stringify(selector.matchLabels ?? {})}`,
    });
  }
  const policy = template.spec.restartPolicy;
  if (policy !== undefined && policy !== "Always") {
    report(
      ["spec", "template", "spec", "restartPolicy"],
      `Unsupported value: "${policy}": supported values: "Always"`,
      { at: "value" },
    );
  }
  checkPodSpec(template.spec, ["spec", "template", "spec"], report);
}

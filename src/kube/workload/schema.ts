/** What kinds whose controllers make pods share: replicas, selector, pod template. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { MAX_REPLICAS } from "../pod/pod-budget.ts";
import { checkLabels, invalidValue } from "../../syntax/kube-names.ts";
import type { Path } from "../../syntax/path.ts";
import type { Report } from "../../syntax/report.ts";
import { argument } from "../../syntax/scalar.ts";
import { labelSelector as asSelector } from "../label-selector.ts";
import { checkLabelSelector, labelSelector, selectorMatches } from "../label-selector-schema.ts";
import type { LabelSelectorDocument } from "../label-selector-schema.ts";
import { templateMeta } from "../metadata.ts";
import { checkPodSpec, podSpec } from "../pod/pod-spec.ts";
import type { Controller, OwnSpec } from "./workload-kind.ts";

export const podTemplate = lazy(() => z.strictObject({ metadata: templateMeta.nullable().optional(), spec: podSpec }));

export type PodTemplateDocument = z.infer<typeof podTemplate>;

export const workloadSpec = {
  replicas: z.int().nullable().optional(),
  selector: labelSelector,
  template: podTemplate,
  minReadySeconds: z.int().nullable().optional(),
};

/** A number of pods, or `25%` of them. */
export const amount = lazy(() => z.union([z.int(), argument]).nullable()).optional();

export type Amount = z.infer<typeof amount>;

export const isZero = (value: Amount): boolean => value === 0 || value === "0%";

/** ValidatePositiveIntOrPercent, and IsNotMoreThan100Percent where `isPart`. */
export function checkAmount(value: Amount, at: Path, report: Report, isPart: boolean): void {
  if (value === undefined || value === null) return;
  const wrong =
    typeof value === "number"
      ? value < 0 && "must be greater than or equal to 0"
      : !/^\d+%$/.test(value) && "a valid percent string must be a numeric string followed by an ending '%'";
  if (wrong !== false) report(at, invalidValue(value, wrong), { at: "value" });
  else if (isPart && typeof value === "string" && Number.parseInt(value, 10) > 100)
    report(at, invalidValue(value, "must not be greater than 100%"), { at: "value" });
}

interface WorkloadFields {
  readonly replicas?: number | null | undefined;
  readonly minReadySeconds?: number | null | undefined;
  readonly revisionHistoryLimit?: number | null | undefined;
  readonly selector: LabelSelectorDocument;
  readonly template: PodTemplateDocument;
}

/** Kubernetes' checks of such a spec. `claims`: see checkPodSpec. */
export function checkWorkloadSpec(
  spec: WorkloadFields,
  kind: string,
  report: Report,
  claims: readonly string[] = [],
): void {
  const { selector, template, replicas } = spec;
  for (const field of ["replicas", "minReadySeconds", "revisionHistoryLimit"] as const) {
    const value = spec[field];
    if (typeof value === "number" && value < 0)
      report(["spec", field], invalidValue(value, "must be greater than or equal to 0"), { at: "value" });
  }
  if (typeof replicas === "number" && replicas > MAX_REPLICAS) {
    report(["spec", "replicas"], invalidValue(replicas, `a lab has at most ${MAX_REPLICAS} replicas`), {
      at: "value",
    });
  }
  checkLabelSelector(selector, ["spec", "selector"], report);
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
  checkPodSpec(template.spec, ["spec", "template", "spec"], report, claims);
}

/** As a controller sees it. */
export function replicatedSpec(spec: WorkloadFields, controller: Controller): OwnSpec {
  return {
    replicas: spec.replicas ?? 1,
    replicasGiven: typeof spec.replicas === "number",
    selector: asSelector(spec.selector),
    minReady: spec.minReadySeconds,
    template: spec.template,
    controller,
  };
}

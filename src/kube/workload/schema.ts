/** What Deployment and ReplicaSet share: replicas, selector, pod template. */
import * as z from "zod";
import { MAX_REPLICAS } from "../pod/pod-budget.ts";
import { checkLabels, invalidValue } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { checkLabelSelector, labelSelector, selectorMatches } from "../label-selector-schema.ts";
import type { LabelSelectorDocument } from "../label-selector-schema.ts";
import { templateMeta } from "../metadata.ts";
import { checkPodSpec, podSpec } from "../pod/pod-spec.ts";

export const podTemplate = z.strictObject({ metadata: templateMeta.nullable().optional(), spec: podSpec });

export type PodTemplateDocument = z.infer<typeof podTemplate>;

export const workloadSpec = {
  replicas: z.int().nullable().optional(),
  selector: labelSelector,
  template: podTemplate,
  minReadySeconds: z.int().nullable().optional(),
};

interface WorkloadSpec {
  readonly replicas?: number | null | undefined;
  readonly minReadySeconds?: number | null | undefined;
  readonly selector: LabelSelectorDocument;
  readonly template: PodTemplateDocument;
}

/** Kubernetes' checks of a Deployment's or ReplicaSet's spec. `claims`: see checkPodSpec. */
export function checkWorkloadSpec(
  spec: WorkloadSpec,
  kind: string,
  report: Report,
  claims: readonly string[] = [],
): void {
  const { selector, template, replicas, minReadySeconds } = spec;
  if (typeof replicas === "number" && replicas < 0) {
    report(["spec", "replicas"], invalidValue(replicas, "must be greater than or equal to 0"), { at: "value" });
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
  if (typeof minReadySeconds === "number" && minReadySeconds < 0) {
    report(["spec", "minReadySeconds"], invalidValue(minReadySeconds, "must be greater than or equal to 0"), {
      at: "value",
    });
  }
  checkPodSpec(template.spec, ["spec", "template", "spec"], report, claims);
}

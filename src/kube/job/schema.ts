/** Job and CronJob manifests. */
import * as z from "zod";
import { checkLabels, DNS_SUBDOMAIN, invalidValue } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { argument } from "../../syntax/scalar.ts";
import type { Path } from "../../syntax/path.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta, templateMeta } from "../metadata.ts";
import { checkPodSpec } from "../pod/pod-spec.ts";
import { podTemplate } from "../workload/schema.ts";

const count = z.int().nullable().optional();

const jobSpec = z.strictObject({
  template: podTemplate,
  parallelism: count,
  completions: count,
  completionMode: z.enum(["NonIndexed", "Indexed"]).nullable().optional(),
  selector: z.unknown().optional(),
  manualSelector: z.boolean().nullable().optional(),
  suspend: z.boolean().nullable().optional(),
  activeDeadlineSeconds: z.unknown().optional(),
  backoffLimit: z.unknown().optional(),
  backoffLimitPerIndex: z.unknown().optional(),
  managedBy: z.unknown().optional(),
  maxFailedIndexes: z.unknown().optional(),
  podFailurePolicy: z.unknown().optional(),
  podReplacementPolicy: z.unknown().optional(),
  successPolicy: z.unknown().optional(),
  ttlSecondsAfterFinished: z.unknown().optional(),
});

export type JobSpecDocument = z.infer<typeof jobSpec>;

const jobSchema = z.strictObject({
  apiVersion: z.literal("batch/v1"),
  kind: z.literal("Job"),
  metadata: objectMeta,
  spec: jobSpec,
  status: z.unknown().optional(),
});

const cronJobSchema = z.strictObject({
  apiVersion: z.literal("batch/v1"),
  kind: z.literal("CronJob"),
  metadata: objectMeta,
  spec: z.strictObject({
    jobTemplate: z.strictObject({ metadata: templateMeta.nullable().optional(), spec: jobSpec }),
    schedule: argument.optional(),
    timeZone: z.unknown().optional(),
    concurrencyPolicy: z.unknown().optional(),
    failedJobsHistoryLimit: z.unknown().optional(),
    startingDeadlineSeconds: z.unknown().optional(),
    successfulJobsHistoryLimit: z.unknown().optional(),
    suspend: z.unknown().optional(),
  }),
  status: z.unknown().optional(),
});

export type JobDocument = z.infer<typeof jobSchema>;
export type CronJobDocument = z.infer<typeof cronJobSchema>;

/** The API server's checks (pkg/apis/batch/validation: validateJobSpec). */
function checkJobSpec(spec: JobSpecDocument, path: Path, report: Report): void {
  for (const key of ["parallelism", "completions"] as const) {
    const value = spec[key];
    if (typeof value === "number" && value < 0)
      report([...path, key], invalidValue(value, "must be greater than or equal to 0"), { at: "value" });
  }
  const template = [...path, "template"];
  checkLabels(spec.template.metadata?.labels, [...template, "metadata", "labels"], report);
  checkPodSpec(spec.template.spec, [...template, "spec"], report);
}

export const jobKind: ManifestKind<JobDocument> = {
  apiVersion: "batch/v1",
  namespaced: true,
  schema: jobSchema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkJobSpec(object.spec, ["spec"], report);
  },
};

export const cronJobKind: ManifestKind<CronJobDocument> = {
  apiVersion: "batch/v1",
  namespaced: true,
  schema: cronJobSchema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkJobSpec(object.spec.jobTemplate.spec, ["spec", "jobTemplate", "spec"], report);
  },
};

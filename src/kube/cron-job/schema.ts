/** CronJob manifests: one Job of the schedule runs. */
import * as z from "zod";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { argument } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { checkJobSpec, isIndexed, jobSpec, jobWorkload } from "../job/schema.ts";
import { at } from "../manifest-parts.ts";
import { checkMetadata, objectMeta, templateMeta } from "../metadata.ts";
import { uidOf } from "../pod/pod-name.ts";

/** When its Job was made, in minutes since the epoch: the Job's name ends with it. A lab has no schedule. */
const SCHEDULED = 29_000_000;
/** The path of the Job's spec. */
const JOB = ["spec", "jobTemplate", "spec"];

const schema = z.strictObject({
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
    suspend: z.boolean().nullable().optional(),
  }),
  status: z.unknown().optional(),
});

export type CronJobDocument = z.infer<typeof schema>;

export const cronJobKind: ManifestKind<"CronJob", CronJobDocument> = {
  kind: "CronJob",
  apiVersion: "batch/v1",
  words: ["cj", "cronjob", "cronjobs"],
  dropped: { "batch/v1beta1": "1.25", "batch/v2alpha1": "1.21" },
  namespaced: true,
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkJobSpec(object.spec.jobTemplate.spec, ["spec", "jobTemplate", "spec"], report);
  },
  workload: {
    template: [...JOB, "template"],
    count: [...JOB, "parallelism"],
    identity: [[...JOB, "completionMode"]],
    distinct: (value) => isIndexed(at(value, JOB)),
    workload({ metadata, spec }) {
      const { name, namespace = "default" } = metadata;
      const job = `${name}-${SCHEDULED}`;
      const own = jobWorkload(job, uidOf(`Job ${namespace}/${job}`), spec.jobTemplate.spec);
      return spec.suspend === true ? { ...own, replicas: 0 } : own;
    },
  },
};

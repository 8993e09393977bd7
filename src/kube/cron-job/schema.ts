/** CronJob manifests: one Job of the schedule runs. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import { checkJobSpec, isIndexed, jobIdentity, jobSpec, jobWorkload } from "../job/schema.ts";
import { at } from "../manifest-parts.ts";
import { templateMeta } from "../metadata.ts";
import { workloadManifest } from "../workload/manifest.ts";
import { uidOf } from "../pod/pod-name.ts";

/**
 * The time of the one Job that a lab has of it, in minutes since the epoch: a Job's name ends with the time that its schedule gave
 * (getJobName). A lab has no schedule, and the same file must give the same names.
 */
const SCHEDULED = 29_000_000;
/** A Job's name is at most 63 characters long, and the controller appends 11 (ValidateCronJobCreate). */
const MAX_NAME = 52;
/** The path of the Job's spec. */
const JOB = ["spec", "jobTemplate", "spec"];

const spec = lazy(() =>
  z.strictObject({
    jobTemplate: z.strictObject({ metadata: templateMeta.nullable().optional(), spec: jobSpec }),
    schedule: argument.optional(),
    timeZone: anything,
    concurrencyPolicy: z.enum(["Allow", "Forbid", "Replace"]).optional(),
    failedJobsHistoryLimit: anything,
    startingDeadlineSeconds: anything,
    successfulJobsHistoryLimit: anything,
    suspend: z.boolean().nullable().optional(),
  }),
);

export const cronJobKind = workloadManifest({
  kind: "CronJob",
  apiVersion: "batch/v1",
  words: ["cj", "cronjob", "cronjobs"],
  dropped: { "batch/v1beta1": "1.25", "batch/v2alpha1": "1.21" },
  spec,
  maxName: MAX_NAME,
  check(object, report) {
    if (object.spec.schedule !== undefined && object.spec.suspend !== true)
      report(["spec", "schedule"], "schedule is ignored: the pods of one of its Jobs run from the start", {
        severity: "warning",
        hint: "suspend: true leaves them out",
      });
    checkJobSpec(object.spec.jobTemplate.spec, ["spec", "jobTemplate", "spec"], report);
  },
  workload: {
    template: [...JOB, "template"],
    count: [...JOB, "parallelism"],
    identity: jobIdentity(JOB),
    distinct: (value) => isIndexed(at(value, JOB)),
    workload({ metadata, spec }) {
      const { name, namespace = "default" } = metadata;
      const job = `${name}-${SCHEDULED}`;
      const own = jobWorkload(job, uidOf(`Job ${namespace}/${job}`), spec.jobTemplate.spec);
      return spec.suspend === true ? { ...own, replicas: 0 } : own;
    },
  },
});

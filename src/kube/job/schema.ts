/** Job manifests. */
import * as z from "zod";
import { anything } from "../../syntax/scalar.ts";
import { lazy } from "../../syntax/lazy.ts";
import { checkLabels, invalidValue } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import type { Path } from "../../syntax/path.ts";
import { at } from "../manifest-parts.ts";
import { workloadManifest } from "../workload/manifest.ts";
import { uidOf } from "../pod/pod-name.ts";
import { MAX_REPLICAS } from "../pod/pod-budget.ts";
import { checkPodSpec } from "../pod/pod-spec.ts";
import type { OwnSpec } from "../workload/workload-kind.ts";
import { jobController } from "./controller.ts";
import { podTemplate } from "../workload/schema.ts";
import { kindedName } from "../../net/object-ref.ts";

const count = z.int().nullable().optional();

export const jobSpec = lazy(() =>
  z.strictObject({
    template: podTemplate,
    parallelism: count,
    completions: count,
    completionMode: z.enum(["NonIndexed", "Indexed"]).nullable().optional(),
    selector: anything,
    manualSelector: z.boolean().nullable().optional(),
    suspend: z.boolean().nullable().optional(),
    activeDeadlineSeconds: anything,
    backoffLimit: anything,
    backoffLimitPerIndex: anything,
    managedBy: anything,
    maxFailedIndexes: anything,
    podFailurePolicy: anything,
    podReplacementPolicy: anything,
    successPolicy: anything,
    ttlSecondsAfterFinished: anything,
  }),
);

export type JobSpecDocument = z.infer<typeof jobSpec>;

/** The API server's checks (pkg/apis/batch/validation: validateJobSpec). */
export function checkJobSpec(spec: JobSpecDocument, path: Path, report: Report): void {
  for (const key of ["parallelism", "completions"] as const) {
    const value = spec[key];
    if (typeof value === "number" && value < 0)
      report([...path, key], invalidValue(value, "must be greater than or equal to 0"), { at: "value" });
    if (typeof value === "number" && value > MAX_REPLICAS && key === "parallelism")
      report([...path, key], invalidValue(value, `a lab has at most ${MAX_REPLICAS} replicas`), { at: "value" });
  }
  const template = [...path, "template"];
  checkLabels(spec.template.metadata?.labels, [...template, "metadata", "labels"], report);
  const { restartPolicy = "Always" } = spec.template.spec;
  if (restartPolicy === "Always")
    report([...template, "spec", "restartPolicy"], 'Required value: valid values: "OnFailure", "Never"');
  if (spec.completionMode === "Indexed" && typeof spec.completions !== "number")
    report([...path, "completions"], "Required value: when completion mode is Indexed");
  checkPodSpec(spec.template.spec, [...template, "spec"], report);
}

/** Pods that a Job begins with: as many at once as it may have, and no more than it needs. */
function jobSize({ parallelism, completions, suspend }: JobSpecDocument): number {
  return suspend === true ? 0 : Math.max(0, Math.min(parallelism ?? 1, completions ?? parallelism ?? 1));
}

/** `job`: its name. With a selector of its own its pods have no labels of the API server's (generateSelector of pkg/registry/batch). */
export function jobWorkload(job: string, uid: string, spec: JobSpecDocument): OwnSpec {
  const labels = {
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": job,
    "controller-uid": uid,
    "job-name": job,
  };
  return {
    replicas: jobSize(spec),
    replicasGiven: true,
    selector: { requirements: [] },
    template: spec.template,
    immutable: true,
    controller: jobController(job, spec.manualSelector === true ? {} : labels, spec.completionMode === "Indexed"),
  };
}

/** `path`: of its spec. */
export const jobIdentity = (path: Path): readonly Path[] =>
  ["completionMode", "completions", "manualSelector"].map((key) => [...path, key]);

/** Each pod of an Indexed Job has its index as a label. */
export const isIndexed = (jobSpec: unknown): boolean => at(jobSpec, ["completionMode"]) === "Indexed";

export const jobKind = workloadManifest({
  kind: "Job",
  apiVersion: "batch/v1",
  words: ["job", "jobs"],
  spec: jobSpec,
  check(object, report) {
    checkJobSpec(object.spec, ["spec"], report);
  },
  workload: {
    template: ["spec", "template"],
    count: ["spec", "parallelism"],
    identity: jobIdentity(["spec"]),
    distinct: (value) => isIndexed(at(value, ["spec"])),
    madeBy: { kind: "CronJob", suffix: /-\d{8,10}$/ },
    workload({ metadata, spec }) {
      const { name, namespace = "default", uid } = metadata;
      return jobWorkload(name, typeof uid === "string" ? uid : uidOf(kindedName("Job", { namespace, name })), spec);
    },
  },
});

/** Deployment manifests. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { invalidValue } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { deploymentController } from "./controller.ts";
import { deploymentStrategy } from "./rollout.ts";
import { workloadManifest } from "../workload/manifest.ts";
import { amount, checkAmount, checkWorkloadSpec, isZero, replicatedSpec, workloadSpec } from "../workload/schema.ts";

const strategy = lazy(() =>
  z.strictObject({
    type: z.enum(["RollingUpdate", "Recreate"]).optional(),
    rollingUpdate: z.strictObject({ maxSurge: amount, maxUnavailable: amount }).nullable().optional(),
  }),
);

export type DeploymentStrategyDocument = z.infer<typeof strategy>;

const spec = lazy(() =>
  z.strictObject({
    ...workloadSpec,
    paused: z.boolean().nullable().optional(),
    progressDeadlineSeconds: z.int().nullable().optional(),
    revisionHistoryLimit: z.int().nullable().optional(),
    strategy: strategy.nullable().optional(),
  }),
);

/** The API server's checks (pkg/apis/apps/validation: ValidateDeploymentStrategy). */
function checkStrategy(doc: DeploymentStrategyDocument, report: Report): void {
  const at = ["spec", "strategy", "rollingUpdate"];
  const { rollingUpdate } = doc;
  if (rollingUpdate === undefined || rollingUpdate === null) return;
  if (doc.type === "Recreate") {
    report(at, "Forbidden: may not be specified when strategy `type` is 'Recreate'");
    return;
  }
  for (const key of ["maxSurge", "maxUnavailable"] as const) {
    checkAmount(rollingUpdate[key], [...at, key], report, key === "maxUnavailable");
  }
  if (isZero(rollingUpdate.maxSurge) && isZero(rollingUpdate.maxUnavailable))
    report([...at, "maxUnavailable"], invalidValue(rollingUpdate.maxUnavailable, "may not be 0 when `maxSurge` is 0"), {
      at: "value",
      hint: "a pod must be allowed to be missing, or an extra one to exist",
    });
}

/** SetDefaults_Deployment of pkg/apis/apps/v1. */
const DEFAULT_PROGRESS_DEADLINE = 600;

/** ValidateDeploymentSpec: it counts from the creation of a pod, which is available minReadySeconds later at the earliest. */
function checkProgressDeadline(
  { progressDeadlineSeconds, minReadySeconds }: z.infer<typeof spec>,
  report: Report,
): void {
  const at = ["spec", "progressDeadlineSeconds"];
  const deadline = progressDeadlineSeconds ?? DEFAULT_PROGRESS_DEADLINE;
  if (deadline < 0) report(at, invalidValue(deadline, "must be greater than or equal to 0"), { at: "value" });
  else if (deadline <= (minReadySeconds ?? 0))
    report(at, invalidValue(deadline, "must be greater than minReadySeconds"), { at: "value" });
}

export const deploymentKind = workloadManifest({
  kind: "Deployment",
  apiVersion: "apps/v1",
  words: ["deploy", "deployment", "deployments"],
  dropped: { "extensions/v1beta1": "1.16", "apps/v1beta2": "1.16", "apps/v1beta1": "1.16" },
  spec,
  check(object, report) {
    checkWorkloadSpec(object.spec, "Deployment", report);
    checkStrategy(object.spec.strategy ?? {}, report);
    checkProgressDeadline(object.spec, report);
  },
  workload: {
    scales: true,
    restarts: true,
    template: ["spec", "template"],
    count: ["spec", "replicas"],
    identity: [["spec", "selector"]],
    workload: ({ spec }) => ({
      ...replicatedSpec(spec, deploymentController(deploymentStrategy(spec.strategy))),
      paused: spec.paused === true,
      ...(typeof spec.progressDeadlineSeconds === "number" ? { progressDeadline: spec.progressDeadlineSeconds } : {}),
    }),
  },
});

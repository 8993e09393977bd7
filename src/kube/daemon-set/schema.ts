/** DaemonSet manifests. */
import * as z from "zod";
import { anything } from "../../syntax/scalar.ts";
import { lazy } from "../../syntax/lazy.ts";
import { invalidValue } from "../../syntax/kube-names.ts";
import { daemonSetController } from "./controller.ts";
import { daemonNodes } from "./placement.ts";
import { workloadManifest } from "../workload/manifest.ts";
import { amount, checkAmount, checkWorkloadSpec, isZero, replicatedSpec, workloadSpec } from "../workload/schema.ts";

const { selector, template, minReadySeconds } = workloadSpec;

const updateStrategy = lazy(() =>
  z.strictObject({
    type: z.enum(["RollingUpdate", "OnDelete"]).optional(),
    rollingUpdate: z.strictObject({ maxSurge: amount, maxUnavailable: amount }).nullable().optional(),
  }),
);

const spec = lazy(() =>
  z.strictObject({
    selector,
    template,
    minReadySeconds,
    revisionHistoryLimit: z.int().nullable().optional(),
    templateGeneration: anything,
    updateStrategy: updateStrategy.nullable().optional(),
  }),
);

export const daemonSetKind = workloadManifest({
  kind: "DaemonSet",
  apiVersion: "apps/v1",
  words: ["ds", "daemonset", "daemonsets"],
  dropped: { "extensions/v1beta1": "1.16", "apps/v1beta2": "1.16", "apps/v1beta1": "1.16" },
  spec,
  check(object, report) {
    checkWorkloadSpec(object.spec, "DaemonSet", report);
    const { maxSurge, maxUnavailable } = object.spec.updateStrategy?.rollingUpdate ?? {};
    const at = ["spec", "updateStrategy", "rollingUpdate"];
    checkAmount(maxUnavailable, [...at, "maxUnavailable"], report, true);
    checkAmount(maxSurge, [...at, "maxSurge"], report, true);
    // ValidateRollingUpdateDaemonSet: the one or the other.
    if (isZero(maxSurge ?? 0) && isZero(maxUnavailable ?? 1))
      report([...at, "maxUnavailable"], invalidValue(maxUnavailable, "cannot be 0 when maxSurge is 0"), {
        at: "value",
      });
    if (!isZero(maxSurge ?? 0) && !isZero(maxUnavailable ?? 1))
      report([...at, "maxSurge"], invalidValue(maxSurge, "may not be set when maxUnavailable is non-zero"), {
        at: "value",
        hint: "with maxSurge write maxUnavailable: 0",
      });
  },
  workload: {
    restarts: true,
    template: ["spec", "template"],
    identity: [["spec", "selector"]],
    workload({ metadata, spec }, nodes) {
      const { type, rollingUpdate } = spec.updateStrategy ?? {};
      const generation = Number(metadata.annotations?.["deprecated.daemonset.template.generation"] ?? 1);
      const eligible = daemonNodes(spec.template.spec, nodes);
      const controller = daemonSetController({
        all: nodes.map(({ name }) => name),
        nodes: eligible,
        update:
          type === "OnDelete"
            ? { type }
            : {
                type: "RollingUpdate",
                maxUnavailable: rollingUpdate?.maxUnavailable ?? 1,
                maxSurge: rollingUpdate?.maxSurge ?? 0,
              },
        generation: Number.isInteger(generation) && generation > 0 ? generation : 1,
      });
      return { ...replicatedSpec(spec, controller), replicas: eligible.length };
    },
  },
});

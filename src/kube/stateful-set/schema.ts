/** StatefulSet manifests. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { invalidValue } from "../../syntax/kube-names.ts";
import { anything, argument, optionalArgument } from "../../syntax/scalar.ts";
import { statefulSetController, type StatefulSetOrder } from "./controller.ts";
import { workloadManifest } from "../workload/manifest.ts";
import { amount, checkAmount, checkWorkloadSpec, replicatedSpec, workloadSpec } from "../workload/schema.ts";

const updateStrategy = lazy(() =>
  z.strictObject({
    type: z.enum(["RollingUpdate", "OnDelete"]).optional(),
    rollingUpdate: z
      .strictObject({ partition: z.int().nullable().optional(), maxUnavailable: amount })
      .nullable()
      .optional(),
  }),
);

const spec = lazy(() =>
  z.strictObject({
    ...workloadSpec,
    serviceName: optionalArgument,
    ordinals: z.strictObject({ start: z.int().nullable().optional() }).nullable().optional(),
    podManagementPolicy: z.enum(["OrderedReady", "Parallel"]).optional(),
    persistentVolumeClaimRetentionPolicy: anything,
    revisionHistoryLimit: z.int().nullable().optional(),
    updateStrategy: updateStrategy.nullable().optional(),
    volumeClaimTemplates: z
      .array(z.looseObject({ metadata: z.looseObject({ name: argument.optional() }).optional() }))
      .nullable()
      .optional(),
  }),
);

export const statefulSetKind = workloadManifest({
  kind: "StatefulSet",
  apiVersion: "apps/v1",
  words: ["sts", "statefulset", "statefulsets"],
  dropped: { "apps/v1beta2": "1.16", "apps/v1beta1": "1.16" },
  spec,
  check(object, report) {
    const claims = (object.spec.volumeClaimTemplates ?? []).flatMap(({ metadata }) => metadata?.name ?? []);
    checkWorkloadSpec(object.spec, "StatefulSet", report, claims);
    const start = object.spec.ordinals?.start ?? 0;
    if (start < 0)
      report(["spec", "ordinals", "start"], invalidValue(start, "must be greater than or equal to 0"), { at: "value" });
    const { type, rollingUpdate } = object.spec.updateStrategy ?? {};
    const at = ["spec", "updateStrategy", "rollingUpdate"];
    if (type === "OnDelete" && rollingUpdate !== undefined && rollingUpdate !== null)
      report(at, invalidValue(rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'"));
    const { partition, maxUnavailable } = rollingUpdate ?? {};
    if (typeof partition === "number" && partition < 0)
      report([...at, "partition"], invalidValue(partition, "must be greater than or equal to 0"), { at: "value" });
    checkAmount(maxUnavailable, [...at, "maxUnavailable"], report, true);
  },
  workload: {
    scales: true,
    restarts: true,
    stable: true,
    template: ["spec", "template"],
    count: ["spec", "replicas"],
    identity: [
      ["spec", "selector"],
      ["spec", "ordinals"],
    ],
    distinct: () => true,
    workload({ spec }) {
      const { type, rollingUpdate } = spec.updateStrategy ?? {};
      const maxUnavailable = rollingUpdate?.maxUnavailable ?? undefined;
      const order: StatefulSetOrder = {
        start: spec.ordinals?.start ?? 0,
        parallel: spec.podManagementPolicy === "Parallel",
        update:
          type === "OnDelete"
            ? { type }
            : { type: "RollingUpdate", partition: rollingUpdate?.partition ?? 0, maxUnavailable },
      };
      return replicatedSpec(spec, statefulSetController(order, spec.serviceName || undefined));
    },
  },
});

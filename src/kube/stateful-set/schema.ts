/** StatefulSet manifests. */
import * as z from "zod";
import { DNS_SUBDOMAIN, invalidValue } from "../../syntax/kube-names.ts";
import { argument } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import { checkWorkloadSpec, workloadSpec } from "../workload/schema.ts";

const schema = z.strictObject({
  apiVersion: z.literal("apps/v1"),
  kind: z.literal("StatefulSet"),
  metadata: objectMeta,
  spec: z.strictObject({
    ...workloadSpec,
    serviceName: argument.nullable().optional(),
    ordinals: z.strictObject({ start: z.int().nullable().optional() }).nullable().optional(),
    podManagementPolicy: z.enum(["OrderedReady", "Parallel"]).optional(),
    persistentVolumeClaimRetentionPolicy: z.unknown().optional(),
    revisionHistoryLimit: z.int().nullable().optional(),
    updateStrategy: z.unknown().optional(),
    volumeClaimTemplates: z
      .array(z.looseObject({ metadata: z.looseObject({ name: argument.optional() }).optional() }))
      .nullable()
      .optional(),
  }),
  status: z.unknown().optional(),
});

export type StatefulSetDocument = z.infer<typeof schema>;

export const statefulSetKind: ManifestKind<StatefulSetDocument> = {
  apiVersion: "apps/v1",
  namespaced: true,
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    const claims = (object.spec.volumeClaimTemplates ?? []).flatMap(({ metadata }) => metadata?.name ?? []);
    checkWorkloadSpec(object.spec, "StatefulSet", report, claims);
    const start = object.spec.ordinals?.start ?? 0;
    if (start < 0)
      report(["spec", "ordinals", "start"], invalidValue(start, "must be greater than or equal to 0"), { at: "value" });
  },
};

/** DaemonSet manifests. */
import * as z from "zod";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import { checkWorkloadSpec, workloadSpec } from "../workload/schema.ts";

const { selector, template, minReadySeconds } = workloadSpec;

const schema = z.strictObject({
  apiVersion: z.literal("apps/v1"),
  kind: z.literal("DaemonSet"),
  metadata: objectMeta,
  spec: z.strictObject({
    selector,
    template,
    minReadySeconds,
    revisionHistoryLimit: z.int().nullable().optional(),
    templateGeneration: z.unknown().optional(),
    updateStrategy: z.unknown().optional(),
  }),
  status: z.unknown().optional(),
});

export type DaemonSetDocument = z.infer<typeof schema>;

export const daemonSetKind: ManifestKind<DaemonSetDocument> = {
  apiVersion: "apps/v1",
  namespaced: true,
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkWorkloadSpec(object.spec, "DaemonSet", report);
  },
};

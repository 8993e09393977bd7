/** ReplicaSet manifests. */
import * as z from "zod";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import { checkWorkloadSpec, workloadSpec } from "../workload/schema.ts";

const schema = z.strictObject({
  apiVersion: z.literal("apps/v1"),
  kind: z.literal("ReplicaSet"),
  metadata: objectMeta,
  spec: z.strictObject(workloadSpec),
  status: z.unknown().optional(),
});

export type ReplicaSetDocument = z.infer<typeof schema>;

export const replicaSetKind: ManifestKind<ReplicaSetDocument> = {
  apiVersion: "apps/v1",
  namespaced: true,
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkWorkloadSpec(object.spec, "ReplicaSet", report);
  },
};

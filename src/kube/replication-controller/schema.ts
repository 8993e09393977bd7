/** ReplicationController manifests. */
import * as z from "zod";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta, stringMap } from "../metadata.ts";
import { checkWorkloadSpec, workloadSpec } from "../workload/schema.ts";

const { replicas, template, minReadySeconds } = workloadSpec;

const schema = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("ReplicationController"),
  metadata: objectMeta,
  spec: z.strictObject({ replicas, template, minReadySeconds, selector: stringMap.optional() }),
  status: z.unknown().optional(),
});

export type ReplicationControllerDocument = z.infer<typeof schema>;

export const replicationControllerKind: ManifestKind<ReplicationControllerDocument> = {
  apiVersion: "v1",
  namespaced: true,
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    const { selector, ...spec } = object.spec;
    // Without one the API server takes the template's labels.
    const matchLabels = Object.keys(selector ?? {}).length > 0 ? selector : spec.template.metadata?.labels;
    checkWorkloadSpec({ ...spec, selector: { matchLabels } }, "ReplicationController", report);
  },
};

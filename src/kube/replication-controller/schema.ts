/** ReplicationController manifests. */
import * as z from "zod";
import { anything } from "../../syntax/scalar.ts";
import { lazy } from "../../syntax/lazy.ts";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import type { ManifestKind } from "../kind.ts";
import { replicaSetController } from "../replica-set/controller.ts";
import type { LabelSelectorDocument } from "../label-selector-schema.ts";
import { checkMetadata, objectMeta, stringMap } from "../metadata.ts";
import { checkWorkloadSpec, replicatedSpec, workloadSpec } from "../workload/schema.ts";

const { replicas, template, minReadySeconds } = workloadSpec;

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("v1"),
    kind: z.literal("ReplicationController"),
    metadata: objectMeta,
    spec: z.strictObject({ replicas, template, minReadySeconds, selector: stringMap.optional() }),
    status: anything,
  }),
);

export type ReplicationControllerDocument = z.infer<typeof schema>;

/** Without one the API server uses the template's labels. */
function selectorOf({ selector, template }: ReplicationControllerDocument["spec"]): LabelSelectorDocument {
  return { matchLabels: Object.keys(selector ?? {}).length > 0 ? selector : template.metadata?.labels };
}

export const replicationControllerKind: ManifestKind<"ReplicationController", ReplicationControllerDocument> = {
  kind: "ReplicationController",
  apiVersion: "v1",
  words: ["rc", "replicationcontroller", "replicationcontrollers"],
  namespaced: true,
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkWorkloadSpec({ ...object.spec, selector: selectorOf(object.spec) }, "ReplicationController", report);
  },
  workload: {
    scales: true,
    template: ["spec", "template"],
    count: ["spec", "replicas"],
    identity: [["spec", "selector"]],
    workload: ({ spec }) => replicatedSpec({ ...spec, selector: selectorOf(spec) }, replicaSetController),
  },
};

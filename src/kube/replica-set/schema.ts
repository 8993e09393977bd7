/** ReplicaSet manifests. */
import * as z from "zod";
import { anything } from "../../syntax/scalar.ts";
import { lazy } from "../../syntax/lazy.ts";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import type { ManifestKind } from "../kind.ts";
import { replicaSetController } from "./controller.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import { checkWorkloadSpec, replicatedSpec, workloadSpec } from "../workload/schema.ts";

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("apps/v1"),
    kind: z.literal("ReplicaSet"),
    metadata: objectMeta,
    spec: z.strictObject(workloadSpec),
    status: anything,
  }),
);

export type ReplicaSetDocument = z.infer<typeof schema>;

export const replicaSetKind: ManifestKind<"ReplicaSet", ReplicaSetDocument> = {
  kind: "ReplicaSet",
  apiVersion: "apps/v1",
  words: ["rs", "replicaset", "replicasets"],
  dropped: { "extensions/v1beta1": "1.16", "apps/v1beta2": "1.16", "apps/v1beta1": "1.16" },
  namespaced: true,
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkWorkloadSpec(object.spec, "ReplicaSet", report);
  },
  workload: {
    scales: true,
    template: ["spec", "template"],
    count: ["spec", "replicas"],
    identity: [["spec", "selector"]],
    madeBy: { kind: "Deployment", suffix: /-[a-z0-9]{1,10}$/ },
    workload: ({ spec }) => replicatedSpec(spec, replicaSetController),
  },
};

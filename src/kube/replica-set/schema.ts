/** ReplicaSet manifests. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { replicaSetController } from "./controller.ts";
import { workloadManifest } from "../workload/manifest.ts";
import { checkWorkloadSpec, replicatedSpec, workloadSpec } from "../workload/schema.ts";

const spec = lazy(() => z.strictObject(workloadSpec));

export const replicaSetKind = workloadManifest({
  kind: "ReplicaSet",
  apiVersion: "apps/v1",
  words: ["rs", "replicaset", "replicasets"],
  dropped: { "extensions/v1beta1": "1.16", "apps/v1beta2": "1.16", "apps/v1beta1": "1.16" },
  spec,
  check(object, report) {
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
});

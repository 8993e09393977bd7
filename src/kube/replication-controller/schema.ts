/** ReplicationController manifests. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { replicaSetController } from "../replica-set/controller.ts";
import type { LabelSelectorDocument } from "../label-selector-schema.ts";
import { stringMap } from "../metadata.ts";
import { workloadManifest } from "../workload/manifest.ts";
import { checkWorkloadSpec, replicatedSpec, workloadSpec } from "../workload/schema.ts";

const { replicas, template, minReadySeconds } = workloadSpec;

const spec = lazy(() => z.strictObject({ replicas, template, minReadySeconds, selector: stringMap.optional() }));

/** Without one the API server uses the template's labels. */
function selectorOf({ selector, template }: z.infer<typeof spec>): LabelSelectorDocument {
  return { matchLabels: Object.keys(selector ?? {}).length > 0 ? selector : template.metadata?.labels };
}

export const replicationControllerKind = workloadManifest({
  kind: "ReplicationController",
  apiVersion: "v1",
  words: ["rc", "replicationcontroller", "replicationcontrollers"],
  spec,
  check(object, report) {
    checkWorkloadSpec({ ...object.spec, selector: selectorOf(object.spec) }, "ReplicationController", report);
  },
  workload: {
    scales: true,
    template: ["spec", "template"],
    count: ["spec", "replicas"],
    identity: [["spec", "selector"]],
    workload: ({ spec }) => replicatedSpec({ ...spec, selector: selectorOf(spec) }, replicaSetController),
  },
});

/** Pod manifests. */
import * as z from "zod";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import { checkPodSpec, podSpec } from "./pod-spec.ts";

const schema = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("Pod"),
  metadata: objectMeta,
  spec: podSpec,
  status: z.unknown().optional(),
});

export type PodDocument = z.infer<typeof schema>;

export const podKind: ManifestKind<PodDocument> = {
  apiVersion: "v1",
  namespaced: true,
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkPodSpec(object.spec, ["spec"], report);
  },
};

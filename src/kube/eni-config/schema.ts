/** ENIConfig manifests (crd.k8s.amazonaws.com/v1alpha1). */
import * as z from "zod";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";

const eniConfig = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("crd.k8s.amazonaws.com/v1alpha1"),
    kind: z.literal("ENIConfig"),
    metadata: objectMeta,
    spec: z.strictObject({ subnet: argument, securityGroups: z.array(argument).optional() }),
    status: anything,
  }),
);

export type EniConfigDocument = z.infer<typeof eniConfig>;

export const eniConfigKind: ManifestKind<"ENIConfig", EniConfigDocument> = {
  kind: "ENIConfig",
  apiVersion: "crd.k8s.amazonaws.com/v1alpha1",
  words: ["eniconfig", "eniconfigs"],
  schema: eniConfig,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
  },
  resolve({ metadata: { name }, spec }, scope, { eniConfigs }) {
    const { subnet, securityGroups = [] } = spec;
    const cause = scope.cause(`ENIConfig ${name}`, `pods of its nodes are in ${subnet}`);
    eniConfigs.push({ name, subnet, securityGroups, cause, scope });
  },
};

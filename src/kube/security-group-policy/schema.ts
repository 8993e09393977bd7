/** SecurityGroupPolicy manifests (vpcresources.k8s.aws/v1beta1). */
import * as z from "zod";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { checkLabelSelector, labelSelector } from "../label-selector-schema.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("vpcresources.k8s.aws/v1beta1"),
    kind: z.literal("SecurityGroupPolicy"),
    metadata: objectMeta,
    spec: z.strictObject({
      podSelector: labelSelector.nullable().optional(),
      serviceAccountSelector: labelSelector.nullable().optional(),
      securityGroups: z.strictObject({ groupIds: z.array(argument).min(1).optional() }).optional(),
    }),
    status: anything,
  }),
);

export const securityGroupPolicyKind: ManifestKind<"SecurityGroupPolicy", z.infer<typeof schema>> = {
  kind: "SecurityGroupPolicy",
  apiVersion: "vpcresources.k8s.aws/v1beta1",
  words: ["sgp", "securitygrouppolicy", "securitygrouppolicies"],
  namespaced: true,
  schema,
  validate({ metadata, spec }, report) {
    checkMetadata(metadata, DNS_SUBDOMAIN, ["metadata"], report);
    for (const key of ["podSelector", "serviceAccountSelector"] as const)
      if (spec[key]) checkLabelSelector(spec[key], ["spec", key], report);
  },
  resolve({ metadata: { name, namespace = "default" }, spec }, scope, { securityGroupPolicies }) {
    const { podSelector, serviceAccountSelector, securityGroups: { groupIds: groups = [] } = {} } = spec;
    const selects = (podSelector ?? serviceAccountSelector ?? undefined) !== undefined;
    if (!selects || groups.length === 0) {
      scope
        .at("spec")
        .warn(
          "invalid SecurityGroupPolicy: both of podSelector and serviceAccountSelector are null, or securityGroups is empty",
          "it selects no pods; an empty selector, {}, selects all",
        );
      return;
    }
    securityGroupPolicies.push({
      namespace,
      name,
      podSelector: podSelector ?? undefined,
      serviceAccountSelector: serviceAccountSelector ?? undefined,
      groups,
      cause: scope.cause(`SecurityGroupPolicy ${namespace}/${name}`, `its pods have ${groups.join(", ")}`),
      scope,
    });
  },
};

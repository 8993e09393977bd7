/** NetworkPolicy manifests of Calico's (projectcalico.org/v3, crd.projectcalico.org/v1). */
import * as z from "zod";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import { anything } from "../../syntax/scalar.ts";
import { checkPolicy, checkPolicyName } from "../calico/check-rules.ts";
import { resolvePolicy } from "../calico/resolve-policy.ts";
import { policyFields } from "../calico/rule-schema.ts";
import { CALICO_POLICY_API } from "../calico/calico-kind.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("projectcalico.org/v3"),
    kind: z.literal("NetworkPolicy"),
    metadata: objectMeta,
    spec: z.strictObject(policyFields()).optional(),
    status: anything,
  }),
);

type CalicoNetworkPolicyDocument = z.infer<typeof schema>;

export const calicoNetworkPolicyKind: ManifestKind<"NetworkPolicy.projectcalico.org", CalicoNetworkPolicyDocument> = {
  kind: "NetworkPolicy.projectcalico.org",
  ...CALICO_POLICY_API,
  words: ["caliconetworkpolicy", "caliconetworkpolicies", "networkpolicies.p", "networkpolicies.projectcalico.org"],
  namespaced: true,
  schema,
  validate({ metadata, spec = {} }, report) {
    checkMetadata(metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkPolicyName(metadata.name, report);
    checkPolicy(spec, false, report);
  },
  resolve({ metadata, spec = {} }, scope, { calico }) {
    const { name, namespace = "default" } = metadata;
    if (spec.tier !== undefined)
      calico.references.push({ kind: "Tier", name: spec.tier, scope: scope.at("spec", "tier") });
    calico.policies.push(resolvePolicy("NetworkPolicy.projectcalico.org", { name, namespace }, spec, scope));
  },
};

/** AdminNetworkPolicy manifests (policy.networking.k8s.io/v1alpha1): their shape, and the checks of the CRD's experimental channel. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { checkRange, checkRequired } from "../cluster-network-policy/crd-checks.ts";
import { checkObject, checkSubject, policySchema, rules, subject } from "../cluster-network-policy/rules-schema.ts";
import { resolveClusterNetworkPolicy } from "../cluster-network-policy/resolve-cluster-network-policy.ts";
import type { ManifestKind } from "../kind.ts";
import { adminPorts, checkAdminRules } from "./admin-rules.ts";

const schema = lazy(() =>
  policySchema(
    "policy.networking.k8s.io/v1alpha1",
    "AdminNetworkPolicy",
    z.strictObject({ priority: z.int().optional(), subject: subject.optional(), ...rules({ ports: adminPorts }) }),
  ),
);

export type AdminNetworkPolicyDocument = z.infer<typeof schema>;

export const adminNetworkPolicyKind: ManifestKind<"AdminNetworkPolicy", AdminNetworkPolicyDocument> = {
  kind: "AdminNetworkPolicy",
  apiVersion: "policy.networking.k8s.io/v1alpha1",
  words: ["anp", "adminnetworkpolicy", "adminnetworkpolicies"],
  judges: true,
  schema,
  validate(object, report) {
    checkObject(object, report);
    const { spec } = object;
    if (spec === undefined) return;
    checkRequired(spec.priority, ["spec", "priority"], report, "0 to 1000; the lowest decides first");
    checkRange(spec.priority, 0, 1000, ["spec", "priority"], report);
    checkSubject(spec.subject, ["spec", "subject"], report);
    checkAdminRules(spec, report, {
      actions: ["Allow", "Deny", "Pass"],
      most: 100,
      domainNames: true,
      namedPorts:
        "networks/nodes/domainNames peer cannot be set with namedPorts since there are no namedPorts for networks/nodes/domainNames",
    });
  },
  deletable: true,
  resolve(object, scope, { clusterPolicies }) {
    clusterPolicies.push(resolveClusterNetworkPolicy(object, scope));
  },
};

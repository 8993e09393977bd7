/** BaselineAdminNetworkPolicy manifests (policy.networking.k8s.io/v1alpha1): one of a cluster, named default. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { invalidValue } from "../../syntax/kube-names.ts";
import { adminPorts, checkAdminRules } from "../admin-network-policy/admin-rules.ts";
import { checkObject, checkSubject, policySchema, rules, subject } from "../cluster-network-policy/rules-schema.ts";
import { resolveClusterNetworkPolicy } from "../cluster-network-policy/resolve-cluster-network-policy.ts";
import type { ManifestKind } from "../kind.ts";

const schema = lazy(() =>
  policySchema(
    "policy.networking.k8s.io/v1alpha1",
    "BaselineAdminNetworkPolicy",
    z.strictObject({ subject: subject.optional(), ...rules({ ports: adminPorts }) }),
  ),
);

export type BaselineAdminNetworkPolicyDocument = z.infer<typeof schema>;

export const baselineAdminNetworkPolicyKind: ManifestKind<
  "BaselineAdminNetworkPolicy",
  BaselineAdminNetworkPolicyDocument
> = {
  kind: "BaselineAdminNetworkPolicy",
  apiVersion: "policy.networking.k8s.io/v1alpha1",
  words: ["banp", "baselineadminnetworkpolicy", "baselineadminnetworkpolicies"],
  judges: true,
  schema,
  validate(object, report) {
    checkObject(object, report);
    if (object.metadata.name !== "default")
      report(
        ["metadata", "name"],
        invalidValue(
          "object",
          'Only one baseline admin network policy with metadata.name="default" can be created in the cluster',
        ),
        { at: "value", hint: "write name: default" },
      );
    const { spec } = object;
    if (spec === undefined) return;
    checkSubject(spec.subject, ["spec", "subject"], report);
    checkAdminRules(spec, report, {
      actions: ["Allow", "Deny"],
      most: 100,
      domainNames: false,
      namedPorts: "networks/nodes peer cannot be set with namedPorts since there are no namedPorts for networks/nodes",
    });
  },
  deletable: true,
  resolve(object, scope, { clusterPolicies }) {
    clusterPolicies.push(resolveClusterNetworkPolicy(object, scope));
  },
};

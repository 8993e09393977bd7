/** GlobalNetworkPolicy manifests (projectcalico.org/v3, crd.projectcalico.org/v1): policies of a cluster's pods and host endpoints. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import type { Report } from "../../syntax/report.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import { checkPlainSelector, checkPolicy, checkPolicyName } from "../calico/check-rules.ts";
import { resolvePolicy } from "../calico/resolve-policy.ts";
import { policyFields } from "../calico/rule-schema.ts";
import { CALICO_POLICY_API, checkGlobalMetadata } from "../calico/calico-kind.ts";
import type { ManifestKind } from "../kind.ts";
import { objectMeta } from "../metadata.ts";

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("projectcalico.org/v3"),
    kind: z.literal("GlobalNetworkPolicy"),
    metadata: objectMeta,
    spec: z
      .strictObject({
        ...policyFields(),
        namespaceSelector: argument.optional(),
        doNotTrack: z.boolean().optional(),
        preDNAT: z.boolean().optional(),
        applyOnForward: z.boolean().optional(),
      })
      .optional(),
    status: anything,
  }),
);

type GlobalNetworkPolicyDocument = z.infer<typeof schema>;

/** When the policy is asked: before connection tracking, before DNAT. */
function checkStages(spec: NonNullable<GlobalNetworkPolicyDocument["spec"]>, report: Report): void {
  const { doNotTrack, preDNAT, applyOnForward, egress = [], types = [] } = spec;
  if (doNotTrack === true && preDNAT === true)
    report(["spec", "preDNAT"], "Forbidden: preDNAT and doNotTrack cannot both be true", {});
  if (preDNAT === true && egress.length > 0)
    report(["spec", "egress"], "Forbidden: preDNAT policy cannot have any egress rules", {
      hint: "only what arrives is asked about before DNAT",
    });
  if (preDNAT === true && types.includes("Egress"))
    report(["spec", "types"], "Forbidden: preDNAT policy cannot have 'Egress' type", {});
  if ((doNotTrack === true || preDNAT === true) && applyOnForward !== true)
    report(
      ["spec", doNotTrack === true ? "doNotTrack" : "preDNAT"],
      'Invalid value: "object": applyOnForward must be true if either preDNAT or doNotTrack is true',
      { at: "value", hint: "add applyOnForward: true" },
    );
}

export const globalNetworkPolicyKind: ManifestKind<"GlobalNetworkPolicy", GlobalNetworkPolicyDocument> = {
  kind: "GlobalNetworkPolicy",
  ...CALICO_POLICY_API,
  words: ["gnp", "globalnetworkpolicy", "globalnetworkpolicies", "cgnp"],
  schema,
  validate({ metadata, spec = {} }, report) {
    checkGlobalMetadata(metadata, report);
    checkPolicyName(metadata.name, report);
    checkPolicy(spec, true, report);
    checkPlainSelector(spec.namespaceSelector, ["spec", "namespaceSelector"], report);
    checkStages(spec, report);
  },
  resolve({ metadata: { name }, spec = {} }, scope, { calico }) {
    if (spec.tier !== undefined)
      calico.references.push({ kind: "Tier", name: spec.tier, scope: scope.at("spec", "tier") });
    calico.policies.push(resolvePolicy("GlobalNetworkPolicy", { name }, spec, scope));
  },
};

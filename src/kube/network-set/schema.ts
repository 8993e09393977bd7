/** NetworkSet manifests (projectcalico.org/v3, crd.projectcalico.org/v1): networks that selectors find by labels. */
import * as z from "zod";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import type { Scope } from "../../syntax/scope.ts";
import { LABELS } from "../calico/calico-policy.ts";
import type { NetworkSetModel } from "../calico/calico-policy.ts";
import { checkNet } from "../calico/check-rules.ts";
import { netsOf } from "../calico/resolve-policy.ts";
import { CALICO_POLICY_API } from "../calico/calico-kind.ts";
import type { ManifestKind } from "../kind.ts";
import type { Report } from "../../syntax/report.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";

export const networkSetSpec = lazy(() => z.strictObject({ nets: z.array(argument).optional() })).optional();

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("projectcalico.org/v3"),
    kind: z.literal("NetworkSet"),
    metadata: objectMeta,
    spec: networkSetSpec,
    status: anything,
  }),
);

interface NetworkSetDocument {
  readonly metadata: z.infer<typeof objectMeta>;
  readonly spec?: { readonly nets?: readonly string[] | undefined } | undefined;
}

export function checkNetworkSet({ metadata, spec }: NetworkSetDocument, report: Report): void {
  checkMetadata(metadata, DNS_SUBDOMAIN, ["metadata"], report);
  if (metadata.labels?.[LABELS.namespace] !== undefined)
    report(["metadata", "labels", LABELS.namespace], `${LABELS.namespace} is not a valid label name`, {
      hint: "Calico itself sets it",
    });
  for (const [i, net] of (spec?.nets ?? []).entries()) checkNet(net, ["spec", "nets", i], report, false);
}

export function networkSetOf(
  kind: "NetworkSet" | "GlobalNetworkSet",
  { metadata: { name, labels }, spec }: NetworkSetDocument,
  namespace: string | undefined,
  scope: Scope,
): NetworkSetModel {
  const object = `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: labels ?? {},
    nets: netsOf(spec?.nets),
    cause: scope.at("metadata", "name").cause(object, "networks with labels"),
  };
}

export const networkSetKind: ManifestKind<"NetworkSet", z.infer<typeof schema>> = {
  kind: "NetworkSet",
  ...CALICO_POLICY_API,
  words: ["netset", "networkset", "networksets", "netsets"],
  namespaced: true,
  schema,
  validate: checkNetworkSet,
  resolve(object, scope, { calico }) {
    calico.networkSets.push(networkSetOf("NetworkSet", object, object.metadata.namespace ?? "default", scope));
  },
};

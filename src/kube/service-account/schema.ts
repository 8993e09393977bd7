/** ServiceAccount manifests: only their labels matter, by which Calico's policies select pods. */
import * as z from "zod";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import { anything } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("v1"),
    kind: z.literal("ServiceAccount"),
    metadata: objectMeta,
    secrets: anything,
    imagePullSecrets: anything,
    automountServiceAccountToken: anything,
  }),
);

export const serviceAccountKind: ManifestKind<"ServiceAccount", z.infer<typeof schema>> = {
  kind: "ServiceAccount",
  apiVersion: "v1",
  words: ["sa", "serviceaccount", "serviceaccounts"],
  namespaced: true,
  judges: true,
  schema,
  validate({ metadata }, report) {
    checkMetadata(metadata, DNS_SUBDOMAIN, ["metadata"], report);
  },
  resolve({ metadata: { name, namespace = "default", labels } }, _scope, { serviceAccounts }) {
    serviceAccounts.push({ namespace, name, labels: labels ?? {} });
  },
};

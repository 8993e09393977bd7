/** Namespace manifests. */
import * as z from "zod";
import { anything } from "../../syntax/scalar.ts";
import { lazy } from "../../syntax/lazy.ts";
import { DNS_LABEL } from "../../syntax/kube-names.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("v1"),
    kind: z.literal("Namespace"),
    metadata: objectMeta,
    spec: z.strictObject({ finalizers: anything }).nullable().optional(),
    status: anything,
  }),
);

export type NamespaceDocument = z.infer<typeof schema>;

export const namespaceKind: ManifestKind<"Namespace", NamespaceDocument> = {
  kind: "Namespace",
  apiVersion: "v1",
  words: ["ns", "namespace", "namespaces"],
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_LABEL, ["metadata"], report);
    if (object.metadata.namespace !== undefined) {
      report(["metadata", "namespace"], "Forbidden: not allowed on this type", {
        hint: "a Namespace is not in a namespace; remove the line",
      });
    }
  },
  resolve({ metadata: { name, labels } }, _scope, { namespaces }) {
    namespaces.set(name, labels ?? {});
  },
};

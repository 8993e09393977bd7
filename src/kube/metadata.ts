/** ObjectMeta: what a manifest's metadata may say. */
import * as z from "zod";
import { lazy } from "../syntax/lazy.ts";
import type { Path } from "../syntax/path.ts";
import { checkLabels, checkName, checkQualifiedName, DNS_LABEL } from "../syntax/kube-names.ts";
import type { Report } from "../syntax/report.ts";
import { anything, argument } from "../syntax/scalar.ts";

export const stringMap = lazy(() => z.record(z.string(), argument).nullable());

/** Written by the API server or without meaning for the network: accepted and ignored. */
const ignored = {
  annotations: stringMap.optional(),
  creationTimestamp: anything,
  deletionGracePeriodSeconds: anything,
  finalizers: anything,
  generateName: anything,
  generation: anything,
  managedFields: anything,
  ownerReferences: anything,
  resourceVersion: anything,
  selfLink: anything,
  uid: anything,
};

export const objectMeta = lazy(() =>
  z.strictObject({
    name: argument,
    namespace: argument.optional(),
    labels: stringMap.optional(),
    /** Read of Pods: they terminate. Other objects act until they are gone. */
    deletionTimestamp: anything,
    ...ignored,
  }),
);

/** Metadata of a pod template: a name is allowed and without effect. */
export const templateMeta = lazy(() =>
  z.strictObject({
    name: argument.optional(),
    namespace: argument.optional(),
    labels: stringMap.optional(),
    deletionTimestamp: anything,
    ...ignored,
  }),
);

export type ObjectMeta = z.infer<typeof objectMeta>;

export function checkMetadata(
  metadata: ObjectMeta,
  rule: Parameters<typeof checkName>[1],
  path: Path,
  report: Report,
): void {
  checkName(metadata.name, rule, [...path, "name"], report);
  if (metadata.namespace !== undefined) checkName(metadata.namespace, DNS_LABEL, [...path, "namespace"], report);
  checkLabels(metadata.labels, [...path, "labels"], report);
  // As the API server does it: in lower case, so that FOO.io/x is none either.
  for (const key of Object.keys(metadata.annotations ?? {}))
    checkQualifiedName(key.toLowerCase(), [...path, "annotations", key], report);
}

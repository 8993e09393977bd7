/** ObjectMeta: what a manifest's metadata may say. */
import * as z from "zod";
import type { Path } from "../syntax/path.ts";
import { checkLabels, checkName, checkQualifiedName, DNS_LABEL } from "../syntax/kube-names.ts";
import type { Report } from "../syntax/report.ts";
import { argument } from "../syntax/scalar.ts";

export const stringMap = z.record(z.string(), argument).nullable();

/** Written by the API server or without meaning for the network: accepted and ignored. */
const ignored = {
  annotations: stringMap.optional(),
  creationTimestamp: z.unknown().optional(),
  deletionGracePeriodSeconds: z.unknown().optional(),
  finalizers: z.unknown().optional(),
  generateName: z.unknown().optional(),
  generation: z.unknown().optional(),
  managedFields: z.unknown().optional(),
  ownerReferences: z.unknown().optional(),
  resourceVersion: z.unknown().optional(),
  selfLink: z.unknown().optional(),
  uid: z.unknown().optional(),
};

export const objectMeta = z.strictObject({
  name: argument,
  namespace: argument.optional(),
  labels: stringMap.optional(),
  /** Read of Pods: they terminate. Other objects act until they are gone. */
  deletionTimestamp: z.unknown().optional(),
  ...ignored,
});

/** Metadata of a pod template: a name is allowed and without effect. */
export const templateMeta = z.strictObject({
  name: argument.optional(),
  namespace: argument.optional(),
  labels: stringMap.optional(),
  deletionTimestamp: z.unknown().optional(),
  ...ignored,
});

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

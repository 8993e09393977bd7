/** Custom resources of operators: which pods they may have, as far as their text shows. */
import type { CustomResource } from "../cluster/policy/policy-world.ts";
import { groupOf } from "../kube/left-out-kinds.ts";
import { isObject, nameOf, namespaceOf, type ObjectValue } from "../kube/manifest-parts.ts";

/** Kinds that only configure operators and have no pods of their own. */
const PODLESS = /(?:Monitor|Rule|Probe|Config|Policy|Certificate|Issuer|Secret|Store|Class|User|Topic|Database)$/;
/** There are no labels of pods below it. */
const DEPTH = 8;

/** Undefined for Kubernetes' own kinds, and kinds without pods. */
export function customResource(kind: string, apiVersion: string, value: ObjectValue): CustomResource | undefined {
  const name = nameOf(value);
  if (kind === "CustomResourceDefinition") {
    const group = name.slice(name.indexOf(".") + 1);
    return { kind, name, group, labels: {} };
  }
  const group = groupOf(apiVersion);
  if (!group.includes(".") || /(?:^|\.)k8s\.io$/.test(group) || PODLESS.test(kind)) return undefined;
  const labels: Record<string, string> = {};
  collect(value, labels, 0);
  return { kind, name, group, namespace: namespaceOf(value), labels };
}

/** All that is called `labels` in it: of the object, of its pods' template by whatever name. */
function collect(value: unknown, labels: Record<string, string>, depth: number): void {
  if (depth > DEPTH) return;
  if (Array.isArray(value)) for (const item of value as readonly unknown[]) collect(item, labels, depth + 1);
  if (!isObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === "labels" && isObject(inner))
      for (const [label, word] of Object.entries(inner)) if (typeof word === "string") labels[label] = word;
    collect(inner, labels, depth + 1);
  }
}

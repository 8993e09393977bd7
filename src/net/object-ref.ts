/** Kubernetes objects of a lab: which cluster, namespace and name; as a key, and as a text of commands and checks. */

/** The cluster of `spec.cluster`. Its namespaces and objects are named without it. */
export const DEFAULT_CLUSTER = "default";

export interface ObjectRef {
  /** Absent: the default cluster. */
  readonly cluster?: string | undefined;
  readonly namespace: string;
  readonly name: string;
}

/** What stands in front of names of a cluster: `west.`; nothing for the default cluster. */
export function clusterPrefix(cluster: string | undefined): string {
  return cluster === undefined || cluster === DEFAULT_CLUSTER ? "" : `${cluster}.`;
}

/** Where a lab file describes it: `spec.cluster`, `spec.clusters.west`. */
export function clusterPath(cluster: string | undefined): string {
  return clusterPrefix(cluster) === "" ? "spec.cluster" : `spec.clusters.${cluster}`;
}

/** Unique in its cluster: `shop/web` (apimachinery's types.NamespacedName). */
export function namespacedName({ namespace, name }: Pick<ObjectRef, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}

/** `Pod shop/web`: unique among the objects of a cluster. */
export function kindedName(kind: string, ref: Pick<ObjectRef, "namespace" | "name">): string {
  return `${kind} ${namespacedName(ref)}`;
}

/** Unique in a lab: `shop/web`, `west.shop/web`. */
export function objectKey(ref: ObjectRef): string {
  return `${clusterPrefix(ref.cluster)}${namespacedName(ref)}`;
}

/** `pod/web`, `pod/shop/web`, `west.pod/shop/web`. */
export function objectText(word: string, { cluster, namespace, name }: ObjectRef): string {
  return `${clusterPrefix(cluster)}${word}/${namespace === "default" ? "" : `${namespace}/`}${name}`;
}

export function sameObject(a: ObjectRef, b: ObjectRef): boolean {
  return a.namespace === b.namespace && a.name === b.name && clusterPrefix(a.cluster) === clusterPrefix(b.cluster);
}

/** `west.pod/web` → `west` and `pod/web`; a text that names none of the clusters is of the default one. */
export function splitCluster(
  text: string,
  clusters: readonly { readonly name: string }[],
): { readonly cluster: string | undefined; readonly text: string } {
  const dot = text.indexOf(".");
  const found = dot < 0 ? undefined : clusters.find(({ name }) => name === text.slice(0, dot))?.name;
  return found === undefined || found === DEFAULT_CLUSTER
    ? { cluster: undefined, text }
    : { cluster: found, text: text.slice(dot + 1) };
}

/** Names in a lab of several clusters: `west.pod/web`; without a cluster the only one that has the object. */
import { clusterPrefix, splitCluster } from "../net/object-ref.ts";

/** What is wrong with a target's text, and which names are similar. */
export interface TargetProblem {
  readonly message: string;
  readonly hint: string;
}

export function isProblem(value: object): value is TargetProblem {
  return "message" in value;
}

/** `find`: in one cluster; undefined is the default cluster, and what is in none. */
export function findInClusters<T extends object>(
  text: string,
  clusters: readonly { readonly name: string }[],
  find: (cluster: string | undefined, text: string) => T | TargetProblem,
): T | TargetProblem {
  const named = splitCluster(text, clusters);
  const plain = find(named.cluster, named.text);
  if (named.cluster !== undefined || !isProblem(plain)) return plain;
  const others = clusters.flatMap(({ name }) => {
    if (clusterPrefix(name) === "") return [];
    const found = find(name, text);
    return isProblem(found) ? [] : [{ name, found }];
  });
  const [first, ...more] = others;
  if (first === undefined) return plain;
  if (more.length === 0) return first.found;
  return {
    message: `"${text}" is in ${others.length} clusters`,
    hint: `name one of them: ${others.map(({ name }) => `${clusterPrefix(name)}${text}`).join(" or ")}`,
  };
}

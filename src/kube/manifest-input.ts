/** A manifest that has the right shape, with the positions of what it says. */
import type { ManifestDocuments, ManifestKindName } from "./registry.ts";
import type { Locate, Path } from "../syntax/path.ts";
import { clusterPrefix } from "../net/object-ref.ts";

export type ManifestInput = {
  readonly [K in ManifestKindName]: {
    readonly kind: K;
    readonly object: ManifestDocuments[K];
    readonly locate: Locate;
    /** Path of the object in its document: empty, or `items`, 0 in a List. */
    readonly path: Path;
    /** Absent: the default cluster. */
    readonly cluster?: string | undefined;
  };
}[ManifestKindName];

/** For one cluster. */
export function manifestsOf(
  manifests: readonly ManifestInput[],
  cluster: string | undefined,
): readonly ManifestInput[] {
  const prefix = clusterPrefix(cluster);
  return manifests.filter((manifest) => clusterPrefix(manifest.cluster) === prefix);
}

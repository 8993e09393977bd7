/** A manifest that has the right shape, with the positions of what it says. */
import type { ManifestDocuments, ManifestKindName } from "./registry.ts";
import type { Locate, Path } from "../syntax/path.ts";

export type ManifestInput = {
  readonly [K in ManifestKindName]: {
    readonly kind: K;
    readonly object: ManifestDocuments[K];
    readonly locate: Locate;
    /** Path of the object in its document: empty, or `items`, 0 in a List. */
    readonly path: Path;
  };
}[ManifestKindName];

/** What resolving starts from: documents that have the right shape, with the positions of what they say. */
import type { LabDocument } from "../schema/lab.ts";
import type { ManifestDocuments, ManifestKindName } from "../schema/manifests/registry.ts";
import type { Locate, Path } from "./path.ts";

export type ManifestInput = {
  readonly [K in ManifestKindName]: {
    readonly kind: K;
    readonly object: ManifestDocuments[K];
    readonly locate: Locate;
    /** Where the object stands in its document: empty, or `items`, 0 in a List. */
    readonly path: Path;
  };
}[ManifestKindName];

export interface LabInput {
  /** The lab file as the user named it. */
  readonly file: string;
  readonly document: LabDocument;
  readonly locate: Locate;
  /** In the order of their appearance: lab file first, then spec.manifests. */
  readonly manifests: readonly ManifestInput[];
  /** Parts could not be read: dangling names are not told. */
  readonly incomplete: boolean;
}

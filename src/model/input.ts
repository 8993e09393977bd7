/** What resolving starts from: documents that have the right shape, with the positions of what they say. */
import type { WireFacts } from "./fit-underlay.ts";
import type { LabDocument } from "../schema/lab.ts";
import type { ManifestDocuments, ManifestKindName } from "../schema/manifests/registry.ts";
import type { ClusterModel } from "./cluster.ts";
import type { LiveState } from "./live.ts";
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
  /** Programs of images' commands that the machine does not have: names in PATH, or paths. */
  readonly lacking?: ReadonlySet<string> | undefined;
  /** The lab is built without anything that it says to run (without-commands.ts): the manifests here have none. */
  readonly noCommands?: boolean | undefined;
  /** What is known of the wire between the nodes. */
  readonly wire?: WireFacts | undefined;
  /** The lab is up: what happened to it since, and its pods, which keep their nodes and addresses. */
  readonly running?: RunningLab | undefined;
}

/** A lab that is up, as it was last resolved. */
export interface RunningLab {
  readonly live: LiveState;
  readonly cluster?: ClusterModel | undefined;
  /** Pods that are new are not ready yet: they get no traffic before they are there. */
  readonly gradual: boolean;
}

export interface SourceText {
  /** As shown to the user. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** The texts of a lab: of its file, and for each entry of spec.manifests those of its files. */
export interface LabSources {
  readonly file: string;
  readonly text: string;
  readonly manifests: readonly (readonly SourceText[])[];
  /** Programs of images' commands that the machine did not have when the lab was built. */
  readonly lacking?: readonly string[] | undefined;
  readonly noCommands?: true | undefined;
}

/** The input of resolving: documents that have the right shape, with positions. */
import type { ManifestInput } from "../kube/manifest-input.ts";
import type { RunningLab } from "../cluster/lab-names.ts";
import type { WireFacts } from "../lab/wire-facts.ts";
import type { LabDocument } from "./schema.ts";
import type { Locate } from "../syntax/path.ts";

export interface LabInput {
  /** The lab file as the user named it. */
  readonly file: string;
  readonly document: LabDocument;
  readonly locate: Locate;
  /** In the order of their appearance: lab file first, then spec.manifests. */
  readonly manifests: readonly ManifestInput[];
  /** Parts could not be read: dangling names are not reported. */
  readonly incomplete: boolean;
  /** Programs of images' commands that the machine does not have: names in PATH, or paths. */
  readonly lacking?: ReadonlySet<string> | undefined;
  /** The lab is built without anything that it says to run (without-commands.ts): the manifests here have none. */
  readonly noCommands?: boolean | undefined;
  /** Links to the namespace of this machine itself are mistakes. */
  readonly refuseHostLinks?: boolean | undefined;
  /** What is known about the wire between the nodes. */
  readonly wire?: WireFacts | undefined;
  /** The lab is up: what happened to it since, and its pods, which keep their nodes and addresses. */
  readonly running?: RunningLab | undefined;
}

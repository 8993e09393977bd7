/** A requested pod, before it has a node and an address. */
import type { Scope } from "../../syntax/scope.ts";
import type { PodIdentity, PodModel } from "./pod-model.ts";
import type { PodSpecDocument } from "./pod-spec.ts";

/** A pod that has no node and no address yet. */
export interface PodDraft {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>> | null | undefined;
  readonly spec: PodSpecDocument;
  /** A Pod manifest's status. */
  readonly status?: unknown;
  /** A Pod manifest with a deletionTimestamp. */
  readonly terminating?: boolean | undefined;
  readonly owner?: PodModel["owner"];
  /** The cluster's own: has a node and an address apart from the lab's pods, so that a change of these does not move it. */
  readonly system?: boolean | undefined;
  /** Made for one node, which its node affinity names. */
  readonly perNode?: true | undefined;
  /** The object that requires it. */
  readonly object: string;
  readonly scope: Scope;
  /** The path of its spec. */
  readonly specScope: Scope;
}

/** What policies select it by. */
export function identityOf({ namespace, name, labels, spec: { serviceAccountName } }: PodDraft): PodIdentity {
  return {
    namespace,
    name,
    labels,
    ...(typeof serviceAccountName === "string" ? { serviceAccount: serviceAccountName } : {}),
  };
}

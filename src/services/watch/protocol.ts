/** The part of the protocol for labs that change while they run: conditions of pods and nodes, and whether a pod still has something to do. */
import type { Requirement } from "../../resources/requirement.ts";

import type { NodeAttachments } from "../../resources/cni/attached.ts";

/** A pod or a node may have several. */
export interface Condition {
  readonly subject: { readonly kind: "pod" | "node"; readonly name: string };
  readonly ok: boolean;
  /** It has been probed often enough to decide. */
  readonly decided: boolean;
}

export interface LiveMethods {
  /** Waits for what commit did not wait for. */
  settled: { params: Record<never, never>; result: Record<never, never>; event: never };
  /** Another text for each commit; null before the first. */
  storedVersion: { params: Record<never, never>; result: { version: string | null }; event: never };
  /**
   * Results of watches so far: readiness probes of pods, links of nodes. `changing`: the lab is being changed, or is about to be.
   * `holders`: connections that hold faults. `unfinished`: one of them was lost in the middle of a change.
   */
  conditions: {
    params: Record<never, never>;
    result: { conditions: readonly Condition[]; changing: boolean; holders: readonly string[]; unfinished: boolean };
    event: never;
  };
  /** Pods that CNI plugins have attached, and what these made. */
  attachments: { params: Record<never, never>; result: NodeAttachments; event: never };
  /** A name for this connection: faults with it in `heldBy` are undone when the connection is lost. */
  holder: { params: Record<never, never>; result: { holder: string }; event: never };
  /** Deletes unanswered flows where others have changed rules since the last call, or since the lab changed them. */
  forgetLeftovers: {
    params: Record<never, never>;
    result: { forgotten: readonly { readonly ns: string; readonly flows: number }[] };
    event: never;
  };
  /** Whether the kernel under this namespace has a feature, by `doctor`'s name. */
  feature: { params: { ns: string; feature: Requirement["feature"] }; result: { ok: boolean }; event: never };
  /** Open connections to the built-in servers of these namespaces, together. */
  connections: { params: { namespaces: readonly string[] }; result: { open: number }; event: never };
}

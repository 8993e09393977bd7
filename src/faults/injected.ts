/** A fault that is active in a running lab: plain data, kept with the lab's live state. */
import type { SourceRef } from "../cause.ts";

export interface InjectedFault {
  /** Unique among the active ones: its name in the lab file, or its kind with a number. */
  readonly id: string;
  readonly kind: string;
  /** As its kind resolved them, plain JSON: namespaces and devices instead of targets. */
  readonly settings: object;
  /** The connection for whose time it is (the agent's `holder`): it is undone when that is gone. Absent: until it is undone. */
  readonly heldBy?: string | undefined;
  /** Where the lab file names it. */
  readonly source?: SourceRef | undefined;
}

/** What a check kind is: how one kind of check finds out whether it is true. One file per kind, one line in kinds.ts. */
import type { AgentClient } from "../agent/client.ts";
import type { Probe } from "../services/probe/protocol.ts";
import type { CheckAttempt } from "../events.ts";
import type { Check, CheckKind } from "../lab/check.ts";
import type { Lab } from "../lab/lab.ts";
import type { Family } from "../net/family.ts";
import type { LossStory } from "../why/lost-packet.ts";

export interface CheckContext {
  readonly lab: Lab;
  readonly client: AgentClient;
  /** Aborted when the user interrupts or the time for the whole run is up. */
  readonly signal: AbortSignal;
  /** Milliseconds of performance.now() at which this check must be true. */
  readonly deadline: number;
  /** Start of this run in nanoseconds since the epoch: older packets prove nothing. */
  readonly startedAt: bigint;
  /**
   * Resolves when the checks that expect something to work have ended, or have looked as this one has that calls it, or
   * after a second: the lab has settled.
   */
  settled(): Promise<void>;
  /** Why a declared capture could not be started, by its name. */
  readonly captureProblems: ReadonlyMap<string, Error>;
  /** Tell the display. */
  onAttempt(attempt: CheckAttempt): void;
  /** Why a probe's packet did not do what was expected, which is nothing where `negative`. It is sent once more; a few at a time. */
  investigate(probe: Probe, negative?: boolean): Promise<LossStory | undefined>;
}

/** What a kind found out. `fails: true` is not its business. */
export interface Finding {
  readonly ok: boolean;
  readonly expected: string;
  readonly got: string;
  readonly attempts: readonly CheckAttempt[];
  /** Set: the check could not be tried, and why. */
  readonly skipped?: string | undefined;
  readonly family?: Family | undefined;
  readonly reproduce?: string | undefined;
  readonly matrix?: string | undefined;
  /** Probe to be sent once more to find out why. */
  readonly trace?: Probe | undefined;
  /** It should not have come through. */
  readonly negative?: boolean | undefined;
  /** Already known. */
  readonly story?: LossStory | undefined;
}

export type CheckOf<K extends CheckKind> = Extract<Check, { kind: K }>;

export interface Kind<K extends CheckKind> {
  /**
   * `traffic`: at once, side by side; `alone`: after all traffic, one at a time; `after`: when the checks before it in
   * the file that send traffic have ended.
   */
  readonly phase: "traffic" | "alone" | "after";
  /** True when the check expects something not to work (or not to be there). */
  negative(check: CheckOf<K>): boolean;
  /** A failed check is a finding. Throws only when the agent is lost, or on a bug. */
  run(check: CheckOf<K>, context: CheckContext): Promise<Finding>;
}

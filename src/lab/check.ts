/** Checks: what must be true of a running lab. Which kinds there are and what each needs besides is known to checks/ alone. */
import type { Target } from "../net/target.ts";
import type { SourceRef } from "../cause.ts";
import type { Family } from "../net/family.ts";

/** What all kinds of checks share: one entry of `spec.checks`, targets resolved. */
export interface Check {
  readonly kind: string;
  /** Unique within the lab; for humans. */
  readonly name: string;
  readonly source: SourceRef;
  /** Milliseconds until what is expected must be true. Default 5000. */
  readonly within: number;
  /** Milliseconds that one attempt may take; default 1000. */
  readonly timeout: number;
  /** One run per family; a check without family choice has exactly one. */
  readonly families: readonly Family[];
  /** Why it is so, for learners (`explain`), shown in the TUI and in failure messages. */
  readonly explain?: string | undefined;
  /** The check is expected to fail (labs that are broken on purpose). It passes if and only if it fails. */
  readonly expectFailure: boolean;
  /** It fails while what the lab has broken on purpose is not fixed (`expectFailure: fault`), and passes afterwards: either is well. */
  readonly fault?: true | undefined;
  /** Where it is made from, each place separately. */
  readonly from?: readonly Target[] | undefined;
  /** A program that it runs in each of these places. */
  readonly argv?: readonly string[] | undefined;
}

/** A check that is not made: its target was deleted from the running lab, or the lab has another network plugin than it is about. */
export interface LostCheck {
  readonly name: string;
  readonly reason: string;
}

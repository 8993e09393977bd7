/** What a check kind is: one folder of its own, whose definition is one line of registry.ts. */
import type * as z from "zod";
import type { AgentClient } from "../agent/client.ts";
import type { CheckAttempt } from "../events.ts";
import type { Check } from "../lab/check.ts";
import type { Lab } from "../lab/lab.ts";
import type { Family } from "../net/family.ts";
import type { Target } from "../net/target.ts";
import type { Probe } from "../services/probe/protocol.ts";
import type { Scope } from "../syntax/scope.ts";
import type { LossStory } from "../why/lost-packet.ts";
import type { checkFields } from "./check-fields.ts";
import type { CheckFields, ResolveContext } from "./resolve-context.ts";

/** What running a check works with. */
export interface RunContext {
  readonly lab: Lab;
  readonly client: AgentClient;
  /** Aborted when the user interrupts or the time for the whole run is up. */
  readonly signal: AbortSignal;
  /** Milliseconds of performance.now() at which this check must be true. */
  readonly deadline: number;
  /** Start of this run in nanoseconds since the epoch: older packets prove nothing. */
  readonly startedAt: bigint;
  /** What the kind says of this check. */
  readonly negative: boolean;
  /**
   * Resolves when the checks that expect something to work have ended, or have looked as this one has that calls it, or
   * after a second: the lab has settled.
   */
  settled(): Promise<void>;
  /** Why a declared capture could not be started, by its name. */
  readonly captureProblems: ReadonlyMap<string, Error>;
  /** Notify the display. */
  onAttempt(attempt: CheckAttempt): void;
  /** Why a probe's packet did not do what was expected, which is nothing where `negative`. It is sent once more; a few at a time. */
  investigate(probe: Probe, negative?: boolean): Promise<LossStory | undefined>;
}

/** The result of a kind. Whether the lab expects the check to fail does not concern it. */
export interface CheckFinding {
  readonly ok: boolean;
  readonly expected: string;
  readonly got: string;
  readonly attempts: readonly CheckAttempt[];
  /** Set: the check could not be tried, and why. */
  readonly skipped?: string | undefined;
  readonly family?: Family | undefined;
  readonly reproduce?: string | undefined;
  readonly matrix?: string | undefined;
  /** Probe to be sent once more to find the cause. */
  readonly trace?: Probe | undefined;
  /** It should not have arrived. */
  readonly negative?: boolean | undefined;
  /** Already known. */
  readonly story?: LossStory | undefined;
}

/** A strict object with the fields that all checks share and one named like the kind, built when a check is read. */
export type CheckSchema = z.ZodLazy<z.ZodObject<typeof checkFields, z.core.$strict>>;

/** One request of a check, and its destination as text: `http://svc/web:80/`. */
export type CheckRequest<P extends Probe = Probe> = { readonly to: string } & (
  | { readonly probe: P }
  | { readonly problem: string }
);

/**
 * One kind of check. `kind` is the field of the lab file that names it. A definition is loaded with every lab, so it is
 * pure and small: what the check does to the lab is in `run.ts`, which is loaded with the first check that runs.
 */
export interface CheckDefinition<
  K extends string = string,
  S extends CheckSchema = CheckSchema,
  C extends Check = Check,
> {
  readonly kind: K;
  readonly schema: S;
  /** For learners: what it does and what it proves. */
  readonly lesson: string;
  /**
   * `traffic`: at once, side by side; `alone`: after all traffic, one at a time; `after`: when the checks before it in
   * the file that send traffic have ended, because it reads what they left.
   */
  readonly phase: "traffic" | "alone" | "after";
  /** The check of a lab file's entry; undefined where it cannot be made, which was reported to `scope`. */
  resolve(doc: z.infer<S>, fields: CheckFields, context: ResolveContext, scope: Scope): C | undefined;
  /** True when the check expects something not to work (or not to be there). Default: never. */
  negative?(check: C): boolean;
  /** Quick, and with packets: its success shows that the lab works. */
  readonly settles?: true;
  /** Only reads, sends nothing: full neighbour tables cannot make it fail. */
  readonly silent?: true;
  /** The pairs that communicate, as far as both are in the lab. */
  pairs?(check: C): readonly (readonly [Target, Target])[];
  /** It looks for ARP or neighbour discovery, which hosts with cached neighbours do not send. */
  needsEmptyNeighbourCache?(check: C): boolean;
  /** The check where packets between nodes carry `less` bytes than the lab file says. */
  fit?(check: C, less: number): C;
  /** Set where it sends one request: what that is, from one of its sources. */
  request?(check: NoInfer<C>, from: Target, family: Family): CheckRequest;
  /** Set: `while` of a step may send its request repeatedly. An example of it, `http://web/`. */
  readonly repeatable?: string;
  readonly runner: () => Promise<CheckRunner<NoInfer<C>>>;
}

/** The module `run.ts` of a kind. */
export interface CheckRunner<C extends Check> {
  /** A failed check is a finding. Throws only when the agent is gone, or on a bug. */
  run(check: C, context: RunContext): Promise<CheckFinding>;
}

/** Reads a lab file's entry of a kind. */
export type CheckResolver<S extends CheckSchema, C extends Check> = CheckDefinition<string, S, C>["resolve"];

export function defineCheck<const K extends string, S extends CheckSchema, C extends Check & { readonly kind: K }>(
  definition: CheckDefinition<K, S, C>,
): CheckDefinition<K, S, C> {
  return definition;
}

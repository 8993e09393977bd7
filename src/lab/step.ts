/** Steps: what is done to a running lab after its first checks, with traffic throughout and checks afterwards. */
import type { SourceRef } from "../cause.ts";
import type { FaultDocument } from "../faults/schema.ts";
import type { Check } from "./check.ts";
import type { Target } from "../net/target.ts";

/** Targets stay text: they are looked up when the step runs, because the pods will have changed by then. */
export type StepAction =
  | { readonly kind: "scale"; readonly target: string; readonly replicas: number }
  | { readonly kind: "rollout"; readonly target: string }
  | { readonly kind: "delete"; readonly targets: readonly string[] }
  | { readonly kind: "ready"; readonly target: string; readonly value: boolean }
  | { readonly kind: "label"; readonly target: string; readonly labels: Readonly<Record<string, string | null>> }
  | { readonly kind: "fault"; readonly fault: string | FaultDocument }
  | { readonly kind: "undo"; readonly faults: readonly string[] }
  | { readonly kind: "run"; readonly target: string; readonly argv: readonly string[] };

export interface StepLoad {
  /** One source, one request at a time and over again. */
  readonly request: Check;
  readonly from: Target;
  /** How many requests may be lost. */
  readonly lost: number;
}

export interface Step {
  /** Unique within the lab. */
  readonly name: string;
  readonly source: SourceRef;
  /** Milliseconds. */
  readonly within: number;
  readonly explain?: string | undefined;
  /** Absent: only checks. */
  readonly action?: StepAction | undefined;
  readonly load?: StepLoad | undefined;
  /** Their names begin with the step's. */
  readonly checks: readonly Check[];
}

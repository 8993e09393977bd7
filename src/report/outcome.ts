/** The result of each lab, collected from its events: the common ground of JUnit, TAP, annotations and the summary. */
import { formatFailure } from "./failure.ts";
import type { OperationFailure } from "../errors.ts";
import type { CheckResult, StampedEvent } from "../events.ts";
import type { Family } from "../net/family.ts";

export interface LabOutcome {
  readonly labName: string;
  title: string | undefined;
  file: string | undefined;
  families: readonly Family[];
  results: CheckResult[];
  failures: OperationFailure[];
  /** Errors other than failed operations and checks (wrong input, unfit host), as text. */
  errors: { message: string; file?: string; line?: number; column?: number }[];
  buildMs: number | undefined;
  seconds: number;
}

/** Feed it events; the map has one entry per lab, in the order of their first events. */
export function collectOutcomes(suite?: string): {
  onEvent(event: StampedEvent): void;
  readonly labs: Map<string, LabOutcome>;
} {
  const labs = new Map<string, LabOutcome>();
  return {
    labs,
    onEvent(event) {
      let outcome = labs.get(event.labName);
      if (outcome === undefined) {
        outcome = {
          labName: suite ?? event.labName,
          title: undefined,
          file: undefined,
          families: [],
          results: [],
          failures: [],
          errors: [],
          buildMs: undefined,
          seconds: 0,
        };
        labs.set(event.labName, outcome);
      }
      outcome.seconds = event.at;
      switch (event.type) {
        case "lab":
          outcome.title = event.lab.title;
          outcome.file = event.lab.file;
          outcome.families = event.lab.families;
          break;
        case "diagnostic":
          if (event.diagnostic.severity === "error") {
            const { source } = event.diagnostic;
            outcome.errors.push({ message: event.diagnostic.message, ...source });
          }
          break;
        case "built":
          outcome.buildMs = event.ms;
          outcome.failures.push(...event.failures);
          break;
        case "down":
          outcome.failures.push(...event.failures);
          break;
        case "check-done":
          outcome.results.push(event.result);
          break;
        default:
      }
    },
  };
}

/** What went wrong beside the checks. */
export function problemsOf({ errors, failures }: LabOutcome): readonly string[] {
  return [...errors.map(({ message }) => message), ...failures.map((failure) => formatFailure(failure, ""))];
}

/** How many results there are of each status. */
export function countResults({ results }: LabOutcome): Record<CheckResult["status"], number> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { status } of results) counts[status]++;
  return counts;
}

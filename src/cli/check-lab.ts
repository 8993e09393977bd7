/** Runs the checks of a session and keeps their results as events. */
import { EXIT, LabError } from "../errors.ts";
import type { CheckResult } from "../events.ts";
import type { EventBus } from "./event-bus.ts";
import { InterruptedError } from "./interrupt.ts";
import type { Session } from "./session.ts";

export interface CheckRequest {
  readonly bus: EventBus;
  readonly signal: AbortSignal;
  /** Names of checks; all without it. */
  readonly only?: readonly string[] | undefined;
}

/** Throws the signal's reason when interrupted, a LabError (exit 1) at the time limit. */
export async function checkLab(session: Session, request: CheckRequest): Promise<readonly CheckResult[]> {
  const { bus, signal, only } = request;
  const { runChecks } = await import("../check/run-checks.ts");
  let results: readonly CheckResult[];
  try {
    results = await runChecks(session.lab, session.client, (event) => bus.emit(event), { signal, ...(only === undefined ? {} : { only }) });
  } catch (error) {
    throw abortReason(signal) ?? error;
  }
  const reason = abortReason(signal);
  if (reason !== undefined) throw reason;
  return results;
}

function abortReason(signal: AbortSignal): LabError | undefined {
  if (!signal.aborted) return undefined;
  if (signal.reason instanceof InterruptedError) return signal.reason;
  return new LabError("ETIMEOUT", EXIT.checkFailed, "the time limit was reached while the checks ran", { hint: "raise --timeout" });
}

export function anyFailed(results: readonly CheckResult[]): boolean {
  return results.some((result) => result.status === "failed");
}

/** Runs the checks of a session and keeps their results as events. */
import { GREETING } from "../agent/connect.ts";
import { faultsNote } from "../faults/inject.ts";
import type { CheckResult } from "../events.ts";
import type { EventBus } from "./event-bus.ts";
import type { Session } from "./session.ts";

export interface CheckRequest {
  readonly bus: EventBus;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** performance.now() at which checks that are not true yet have failed. */
  readonly deadline?: number | undefined;
  /** Names of checks; all without it. */
  readonly only?: readonly string[] | undefined;
  /** These checks are a step's: they are counted on, and summed up with the others. */
  readonly part?: { readonly firstIndex: number } | undefined;
  /** The lab's steps come next: what it has broken on purpose may show only then. */
  readonly beforeSteps?: boolean | undefined;
}

/** Rejects with the signal's reason when interrupted, with UsageError when `only` names a check that there is not. */
export async function checkLab(session: Session, request: CheckRequest): Promise<readonly CheckResult[]> {
  const { bus, signal, only, deadline, part, beforeSteps } = request;
  const { runChecks } = await import("../checks/run-checks.ts");
  // A deadline in the past becomes one more millisecond: then every check reports that it had no time.
  if (only === undefined && part === undefined)
    for (const { name, reason } of session.lab.leftOut ?? []) bus.note(`check "${name}" is left out: ${reason}`);
  const timeout = deadline === undefined ? undefined : Math.max(deadline - performance.now(), 1);
  try {
    const results = await runChecks(session.lab, session.client, (event) => bus.emit(event), {
      signal,
      timeout,
      only,
      part,
    });
    signal.throwIfAborted();
    if (anyFailed(results)) {
      const { injected = [] } = session.lab;
      if (injected.length > 0) bus.note(faultsNote(session.lab.name, injected), "warn");
      await reportLost(session, bus);
    }
    if (session.lab.fault === "present" && beforeSteps !== true)
      await (await import("./fault.ts")).rememberFix(session, results, bus);
    return results;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** Machines that are gone explain more than the checks that failed because of them. */
async function reportLost({ client, lab }: Session, bus: EventBus): Promise<void> {
  const { lost = [] } = await client.call("hello", GREETING);
  if (lost.length === 0) return;
  const what =
    lost.length === 1
      ? "its container was stopped, removed or restarted, or its engine does not answer"
      : "their containers were stopped, removed or restarted, or their engines do not answer";
  const who = `${lost.join(", ")} of lab ${lab.name} ${lost.length === 1 ? "has" : "have"} gone`;
  bus.note(`${who}: ${what}; k8snet-lab up ${lab.file} brings back what is missing`, "warn");
}

/** The checks, then the steps with theirs; the session is the lab as it is then. */
export async function checkAndStep(
  session: Session,
  request: CheckRequest,
): Promise<{ readonly session: Session; readonly results: readonly CheckResult[] }> {
  const first = await checkLab(session, { ...request, beforeSteps: session.lab.steps !== undefined });
  if (session.lab.steps === undefined) return { session, results: first };
  const { runSteps } = await import("./run-steps.ts");
  const { session: after, results } = await runSteps(session, request);
  return { session: after, results: [...first, ...results] };
}

export function anyFailed(results: readonly CheckResult[]): boolean {
  return results.some((result) => result.status === "failed");
}

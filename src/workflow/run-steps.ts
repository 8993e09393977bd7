/** The steps of a lab: each changes the running lab, with its load during and its checks after the change; all are reported as checks. */
import type { LiveLab } from "../live/live-lab.ts";
import { LabError } from "../errors.ts";
import type { CheckResult } from "../events.ts";
import type { Lab } from "../lab/lab.ts";
import { planResources } from "../plan/plan-lab.ts";
import { resolveTarget } from "../targets/parse-target.ts";
import { placeOf } from "../targets/target-place.ts";
import type { Step, StepAction } from "../lab/step.ts";
import type { LoadReport, TrafficLoad } from "./traffic-load.ts";
import { checkLab, type CheckRequest } from "./check-lab.ts";
import type { Session } from "./session.ts";

interface Outcome {
  readonly ok: boolean;
  readonly got: string;
}

function describe(action: StepAction): string {
  switch (action.kind) {
    case "scale":
      return `${action.target} has ${action.replicas} ready pods`;
    case "rollout":
      return `all pods of ${action.target} are new ones, and ready`;
    case "delete":
      return `${action.targets.join(", ")} deleted`;
    case "ready":
      return `${action.target} ${action.value ? "ready" : "not ready"}`;
    case "label":
      return `${action.target} labelled ${Object.entries(action.labels)
        .map(([key, value]) => (value === null ? `${key}-` : `${key}=${value}`))
        .join(" ")}`;
    case "fault":
      return `the fault ${typeof action.fault === "string" ? action.fault : Object.keys(action.fault).join("")} is active`;
    case "undo":
      return `${action.faults.join(", ")} undone`;
    case "run":
      return `${action.argv.join(" ")} in ${action.target} ends with exit code 0`;
  }
}

async function runCommand(session: Session, action: StepAction & { kind: "run" }, timeout: number): Promise<Outcome> {
  const place = placeOf(resolveTarget(session.lab, action.target));
  const result = await session.client.call("run", { ...place, argv: action.argv, timeout });
  if (result.timedOut) return { ok: false, got: `still running after ${timeout} ms` };
  const said = (result.stderr + result.stdout).trim().split("\n").at(-1) ?? "";
  return { ok: result.exitCode === 0, got: `exit code ${result.exitCode}${said === "" ? "" : `: ${said}`}` };
}

async function act(
  session: Session,
  live: LiveLab,
  step: Step,
  action: StepAction,
  reported: string[],
): Promise<Outcome> {
  if (action.kind === "run") return runCommand(session, action, step.within);
  const { deleteObjects, restart, scale, setLabels, setReady } = await import("../live/changes.ts");
  const { injectFault, undoFaults } = await import("../live/faults.ts");
  const change = {
    scale: () => action.kind === "scale" && scale(action.target, action.replicas),
    rollout: () => action.kind === "rollout" && restart(action.target, new Date().toISOString()),
    delete: () => action.kind === "delete" && deleteObjects(action.targets, Date.now()),
    ready: () => action.kind === "ready" && setReady([action.target], action.value),
    fault: () => action.kind === "fault" && injectFault(action.fault),
    undo: () => action.kind === "undo" && undoFaults(action.faults),
    label: () => action.kind === "label" && setLabels(action.target, action.labels, true),
  }[action.kind]();
  if (change === false) return { ok: false, got: "" };
  const deadline = performance.now() + step.within;
  await live.change(`step ${step.name}`, change);
  const left = await live.settle(`step ${step.name}`, deadline);
  if (left.length > 0) return { ok: false, got: left.join("; ") };
  return { ok: true, got: reported.length === 0 ? "nothing to do" : reported.join("; ") };
}

function loadResult(step: Step, allowed: number, report: LoadReport, ms: number): CheckResult {
  const lost = report.failed;
  const answered = [...report.answered].map(([who, count]) => `${who} ${count}`).join(", ");
  return {
    name: `${step.name}: requests during the step`,
    kind: "load",
    source: step.source,
    status: lost <= allowed ? "passed" : "failed",
    expected: `${report.label} throughout, ${allowed === 0 ? "none" : `at most ${allowed}`} lost`,
    got: `${report.requests} requests, ${lost === 0 ? "none lost" : `${lost} lost (first: ${report.lost[0]?.got ?? "unknown"})`}; answered by ${answered === "" ? "nothing" : answered}`,
    attempts: report.lost,
    ms,
    expectedToFail: false,
  };
}

/** The session with the lab as it is after the last step, and all results. Rejects with the signal's reason when interrupted. */
export async function runSteps(
  session: Session,
  request: Omit<CheckRequest, "only">,
): Promise<{ readonly session: Session; readonly results: readonly CheckResult[] }> {
  const { bus, signal, deadline } = request;
  const results: CheckResult[] = [];
  const count = session.lab.steps?.length ?? 0;
  if (count === 0) return { session, results };
  const begun = performance.now();
  const reported: string[] = [];
  const [{ LiveLab: Live }, { TrafficLoad: Load }] = await Promise.all([
    import("../live/live-lab.ts"),
    import("./traffic-load.ts"),
  ]);
  const notify = (text: string): void => {
    reported.push(text);
    bus.note(text);
  };
  const live = new Live(session.client, { notify, signal });
  let now = session;
  let index = session.lab.checks.length;
  const report = (result: CheckResult): void => {
    bus.emit({ type: "check-done", index: index++, result });
    results.push(result);
  };
  const doStep = async (step: Step, action: StepAction): Promise<void> => {
    const started = performance.now();
    reported.length = 0;
    bus.emit({ type: "check-started", name: step.name, kind: "step", index });
    const load: TrafficLoad | undefined = step.load === undefined ? undefined : new Load(now.client, step.load);
    let outcome: Outcome;
    try {
      await load?.begun();
      outcome = await act(now, live, step, action, reported);
    } catch (error) {
      await load?.stop().catch(() => undefined);
      if (!(error instanceof LabError) || error.code === "EAGENT" || error.code === "EBUG") throw error;
      outcome = { ok: false, got: `${error.message}${error.hint === undefined ? "" : ` (${error.hint})`}` };
    }
    const meanwhile = await load?.stop();
    const ms = performance.now() - started;
    const status = outcome.ok ? "passed" : "failed";
    const { name, source } = step;
    const expected = describe(action);
    report({ name, kind: "step", source, status, expected, got: outcome.got, attempts: [], ms, expectedToFail: false });
    if (meanwhile === undefined) return;
    const result = loadResult(step, step.load?.lost ?? 0, meanwhile, ms);
    report(result);
    notify(result.got);
  };
  for (let i = 0; i < count; i++) {
    signal.throwIfAborted();
    const step = now.lab.steps?.[i];
    if (step === undefined) break;
    if (step.action !== undefined) {
      await doStep(step, step.action);
      now = withLab(now, await live.lab());
      bus.emit({ type: "changed", lab: now.lab });
    }
    const { checks = [] } = now.lab.steps?.[i] ?? {};
    if (checks.length > 0) {
      const part = { ...now, lab: { ...now.lab, checks } };
      results.push(...(await checkLab(part, { bus, signal, deadline, part: { firstIndex: index } })));
      index += checks.length;
    }
  }
  const of = (status: CheckResult["status"]): number => results.filter((one) => one.status === status).length;
  const [passed, failed, skipped] = [of("passed"), of("failed"), of("skipped")];
  const faulty = results.filter((one) => one.status === "passed" && one.expectedToFail).length;
  bus.emit({ type: "checks-done", passed, faulty, failed, skipped, ms: performance.now() - begun });
  return { session: now, results };
}

function withLab(session: Session, lab: Lab): Session {
  return { ...session, lab, desired: planResources(lab) };
}

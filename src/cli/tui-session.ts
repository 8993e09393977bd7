/** `up` with the terminal UI: builds and checks behind the screen, and does what the user asks of it. */
import { commandsAsCalled } from "./called-as.ts";
import { EXIT } from "../errors.ts";
import type { LabEvent, StampedEvent } from "../events.ts";
import { reviveLab } from "../load/revive-lab.ts";
import { planResources } from "../plan/plan-lab.ts";
import { paint, wantsColor } from "../report/color.ts";
import { formatCause } from "../cause.ts";
import { encodeCommand } from "../resources/definitions.ts";
import { makePlainReporter } from "../report/plain.ts";
import { finish, stayNote, type UpOptions } from "./after-up.ts";
import { anyFailed, checkAndStep, checkLab } from "../workflow/check-lab.ts";
import type { CliContext } from "./context.ts";
import type { EventBus } from "../workflow/event-bus.ts";
import { followChanges } from "../workflow/follow-changes.ts";
import { InterruptedError } from "../workflow/interrupt.ts";
import { makeOutput } from "./output.ts";
import { planDrift } from "../workflow/converge.ts";
import { repairLab } from "../workflow/repair-lab.ts";
import { emitError, reopenLab, upLab, type Session, type UpRequest } from "../workflow/session.ts";
import { takeDownByName } from "../workflow/take-down.ts";
import { makeTuiActions } from "./tui-actions.ts";
import type { TimeLimit } from "../workflow/time-limit.ts";
import type { Difference, StartTui } from "../tui/port.ts";

/** Undefined where the UI cannot be loaded: run from the sources, Node.js does not read TSX. */
export async function loadTui(): Promise<StartTui | undefined> {
  try {
    return (await import("../tui/start.tsx")).startTui;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_UNKNOWN_FILE_EXTENSION") return undefined;
    throw error;
  }
}

/** Resolves when the user has left. Rejects as `up` without the UI does. */
export async function runWithTui(
  startTui: StartTui,
  request: UpRequest,
  limit: TimeLimit,
  options: UpOptions,
  context: CliContext,
): Promise<void> {
  const { bus, driver } = request;
  const output = makeOutput(context, options, { main: false });
  bus.subscribe(output.sink);
  const over = new AbortController();
  let session: Session | undefined;
  let failed = false;
  let down = false;
  let first = true;
  let work: Promise<void> = Promise.resolve();
  let busy = 0;
  const during = async (doing: () => Promise<void>): Promise<void> => {
    busy++;
    try {
      await doing();
    } finally {
      busy--;
    }
  };

  const check = async (asked?: readonly string[], steps = false): Promise<void> => {
    const before = session;
    if (before === undefined) return;
    // Steps are done once, by `up`: what they have changed stays changed.
    const only = asked?.filter((name) => before.lab.checks.some((one) => one.name === name));
    if (only?.length === 0) return;
    // The agent may have died since: reopening brings it back. Without the lock, so that others may work on the lab too.
    // The limit applies to bringing the lab up, not to checks that are run again by hand.
    const deadline = first ? limit.deadline : undefined;
    first = false;
    before.client.close();
    session = (await reopenLab(driver, before.lab.name, quietLab(bus), limit.interrupt)) ?? before;
    const request = { bus, signal: limit.interrupt, only, deadline };
    const now = session;
    const done = steps ? await checkAndStep(now, request) : { session: now, results: await checkLab(now, request) };
    session = done.session;
    failed = anyFailed(done.results);
  };
  const build = async (): Promise<void> => {
    try {
      session = await upLab(request);
      if (options.checks) await check(undefined, true);
    } finally {
      request.gate.leave();
    }
  };
  /** One thing at a time; one that failed does not hold up the next. */
  const next = (doing: () => Promise<void>): Promise<void> => {
    work = work.catch(() => undefined).then(() => during(doing));
    return work;
  };
  const actions = makeTuiActions({
    session: () => session,
    bus,
    context,
    rerun: (names) => next(() => check(names)),
    whatChanged: async () => {
      if (session === undefined) return [];
      // Others may have changed it in the meantime: scaled it, deleted a pod.
      const stored = await session.client.call("stored", {});
      const lab = stored === null ? session.lab : reviveLab(stored);
      const plan = await planDrift(session.client, lab);
      const { foreignNotes } = await import("../workflow/foreign-objects.ts");
      const foreign = foreignNotes(lab, plan).map(({ place, what, command, unsure }): Difference => ({
        what: `${place}: ${what}`,
        reason: unsure ? "not in the lab file; a program of the lab may have made it" : "not part of this lab",
        cause: undefined,
        command: commandsAsCalled(command, context.called),
        isForeign: true,
      }));
      const differences = plan.operations.map((operation): Difference => ({
        what: operation.resource.id,
        reason: operation.reason,
        cause: formatCause(operation.cause),
        command: encodeCommand(lab.name, operation),
      }));
      return [...differences, ...foreign];
    },
    repair: () =>
      next(async () => {
        if (session === undefined) return;
        await repairLab({ driver, bus, signal: limit.interrupt }, session.lab.name);
        await check();
      }),
    repairOnly: (only) =>
      next(async () => {
        if (session === undefined) return;
        // The lab is neither built nor checked by it: the screen hears of the operations alone.
        const quiet = onlySome(bus, ["operation", "note"]);
        await repairLab({ driver, bus: quiet, signal: limit.interrupt }, session.lab.name, { only });
      }),
    quit(takeDown) {
      down = takeDown;
      if (session === undefined) context.interrupt.trigger();
      else over.abort();
    },
  });

  // The screen opens when the lab file is known to be good; mistakes in it stay on the plain terminal.
  let screen: Promise<void> | undefined;
  const unsubscribe = bus.subscribe((event) => {
    if (event.type !== "lab" || screen !== undefined) return;
    screen = startTui({
      subscribe: (sink) => bus.subscribe((event) => sink(withCommandsAsCalled(event, context))),
      actions,
      signal: over.signal,
      stdin: context.stdin,
      stdout: context.raw.stdout,
      color: wantsColor(context.stdout, context.env),
    });
  });
  limit.interrupt.addEventListener("abort", () => session !== undefined && over.abort(), { once: true });
  context.outputClosed.addEventListener("abort", () => over.abort(), { once: true }); // the terminal is gone

  void followChanges({
    session: () => (busy > 0 ? undefined : session),
    changed(lab) {
      if (session !== undefined) session = { ...session, lab, desired: planResources(lab) };
      bus.emit({ type: "changed", lab });
    },
    signal: over.signal,
  });

  try {
    work = during(build);
    await work;
    await screen;
  } catch (error) {
    failed = true;
    emitError(bus, error);
    if (error instanceof InterruptedError && session?.fresh === true && !request.keep) down = true;
    if (!(error instanceof InterruptedError && down)) throw error;
  } finally {
    unsubscribe();
    over.abort();
    await screen;
    await work.catch(() => undefined);
    await finish(bus, session, failed, options, context);
    printEpilogue(bus, session, down, context);
    if (down && session !== undefined) {
      const reporter = makePlainReporter(plainOptions(context));
      bus.subscribe((event) => event.type === "down" && reporter.onEvent(event));
      await takeDownByName(driver, session.lab.name, bus);
    }
    await output.end();
  }
  if (limit.interrupt.aborted) context.exitCode = EXIT.interrupted;
  else if (failed) context.exitCode = EXIT.checkFailed;
}

/** The screen bypasses the context's streams: commands shown on it use the name by which the user called this program. */
function withCommandsAsCalled(event: StampedEvent, { called }: CliContext): StampedEvent {
  if (event.type === "check-done" && event.result.reproduce !== undefined)
    return { ...event, result: { ...event.result, reproduce: commandsAsCalled(event.result.reproduce, called) } };
  if (event.type === "note") return { ...event, text: commandsAsCalled(event.text, called) };
  if ((event.type !== "lab" && event.type !== "changed") || event.lab.description === undefined) return event;
  return { ...event, lab: { ...event.lab, description: commandsAsCalled(event.lab.description, called) } };
}

/** What stays in the terminal's history once the screen is gone. */
function printEpilogue(bus: EventBus, session: Session | undefined, down: boolean, context: CliContext): void {
  const reporter = makePlainReporter(plainOptions(context));
  const last = bus.history.findLastIndex((event) => event.type === "check-started" && event.index === 0);
  for (const [i, event] of bus.history.entries()) {
    const isResult = event.type === "check-done" || event.type === "checks-done";
    if (event.type === "lab" || event.type === "built" || event.type === "artifacts" || (isResult && i > last))
      reporter.onEvent(event);
  }
  if (session !== undefined && !down) context.stdout.write(`  ${stayNote(session)}\n`);
}

function plainOptions(context: CliContext): Parameters<typeof makePlainReporter>[0] {
  return {
    write: (text) => void context.stdout.write(text),
    command: (text) => void context.raw.stdout.write(text),
    color: paint(context.stdout, context.env),
    ci: undefined,
    verbose: false,
    now: () => Date.now() / 1000,
    columns: context.stdout.columns ?? 100,
  };
}

/** Reopening reports the lab again; the screen has it already. */
function quietLab(bus: EventBus): EventBus {
  return filtered(bus, ({ type }) => type !== "lab");
}

function onlySome(bus: EventBus, types: readonly LabEvent["type"][]): EventBus {
  return filtered(bus, ({ type }) => types.includes(type));
}

function filtered(bus: EventBus, passes: (event: LabEvent) => boolean): EventBus {
  return {
    labName: bus.labName,
    history: bus.history,
    subscribe: (sink) => bus.subscribe(sink),
    note: (text, level) => bus.note(text, level),
    emit: (event) => {
      if (passes(event)) bus.emit(event);
    },
  };
}

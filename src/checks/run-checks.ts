/** Runs the checks of a lab: traffic side by side, measurements alone, captures after what they look at; results in the order of the file. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Probe } from "../services/probe/protocol.ts";
import type { AgentClient } from "../agent/client.ts";
import { LabError, UsageError } from "../errors.ts";
import type { CheckResult, LabEvent } from "../events.ts";
import type { Check } from "../lab/check.ts";
import type { Lab } from "../lab/lab.ts";
import { didYouMean } from "../syntax/nearest.ts";
import { startCaptures } from "./capture/start-declared.ts";
import { forgetFlows, forgetNeighbours } from "./fresh-tables.ts";
import type { RunContext, CheckFinding } from "./kind.ts";
import { isNegative, kindOf } from "./registry.ts";
import { overflowNote, tableFulls } from "./neighbour-table.ts";
import { Turns } from "./turns.ts";
import { investigateLoss, type LossQuestion, type LossStory } from "../why/lost-packet.ts";

export interface RunChecksOptions {
  /** Names of checks; with one that reads what others left, the checks before it are run too: they make its traffic. */
  readonly only?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The checks are part of a larger run: indices start there, and the caller sums up. */
  readonly part?: { readonly firstIndex: number } | undefined;
  /** Milliseconds for the whole run; checks that are not true by then have failed. */
  readonly timeout?: number | undefined;
  /** Where lost packets were last seen is not searched for: it takes seconds. */
  readonly brief?: boolean | undefined;
}

/** Checks that run at the same time. */
const SIDE_BY_SIDE = 64;
/** Capturing on every device is expensive for the agent: how many traces run at a time. */
const TRACES = 4;
/** Negative outcomes are confirmed when what must work has worked, at the latest after this long (ms). */
const SETTLE_LIMIT = 1000;

/**
 * Resolves with one result per check that was run. A failed check is a result; rejects when the agent is gone,
 * or with UsageError when `only` names a check that the lab does not have.
 */
export async function runChecks(
  lab: Lab,
  client: AgentClient,
  sink: (event: LabEvent) => void,
  options: RunChecksOptions = {},
): Promise<readonly CheckResult[]> {
  const begun = performance.now();
  const chosen = choose(lab, options.only);
  const captureProblems = await startCaptures(lab, client, (text) => sink({ type: "note", level: "warn", text }));
  const note = (text: string): void => sink({ type: "note", level: "info", text });
  await forgetFlows(client, note);
  await forgetNeighbours(lab, client, chosen);
  const signal = options.signal ?? new AbortController().signal;
  const run: Run = {
    lab,
    client,
    sink,
    note,
    chosen,
    firstIndex: options.part?.firstIndex ?? 0,
    signal,
    end: options.timeout === undefined ? Infinity : begun + options.timeout,
    // Date has whole milliseconds: rounded down, so that no packet of this run is older.
    startedAt: BigInt(Date.now()) * 1_000_000n,
    captureProblems,
    tableFulls: tableFulls(),
    turns: new Turns(SIDE_BY_SIDE),
    traces: new Turns(TRACES),
    investigations: new Map(),
    brief: options.brief === true,
    alone: new Turns(1),
  };
  const results = await schedule(run, chosen);
  const count = (status: CheckResult["status"]): number => results.filter((result) => result.status === status).length;
  if (options.part === undefined)
    sink({
      type: "checks-done",
      passed: count("passed"),
      faulty: results.filter((result) => result.status === "passed" && result.expectedToFail).length,
      failed: count("failed"),
      skipped: count("skipped"),
      ms: performance.now() - begun,
    });
  return results;
}

interface Run {
  readonly lab: Lab;
  readonly client: AgentClient;
  readonly sink: (event: LabEvent) => void;
  readonly note: (text: string) => void;
  /** In the order of the file. */
  readonly chosen: readonly Check[];
  readonly firstIndex: number;
  readonly signal: AbortSignal;
  /** performance.now() at which the whole run is over. */
  readonly end: number;
  readonly startedAt: bigint;
  readonly captureProblems: ReadonlyMap<string, Error>;
  /** When the run began. */
  readonly tableFulls: number | undefined;
  readonly turns: Turns;
  readonly traces: Turns;
  /** Under way, by request. */
  readonly investigations: Map<string, Promise<LossStory | undefined>>;
  readonly brief: boolean;
  readonly alone: Turns;
}

function choose(lab: Lab, only: readonly string[] | undefined): readonly Check[] {
  if (only === undefined) return lab.checks;
  const names = lab.checks.map((check) => check.name);
  for (const name of only) {
    if (names.includes(name)) continue;
    throw new UsageError(
      `lab ${lab.name} has no check "${name}"`,
      didYouMean(name, names, "its checks") ?? "it has no checks at all: write some under spec.checks",
    );
  }
  const looksBack = (check: Check): boolean => kindOf(check).phase === "after";
  const last = lab.checks.findLastIndex((check) => looksBack(check) && only.includes(check.name));
  return lab.checks.filter((check, index) => only.includes(check.name) || (index < last && !looksBack(check)));
}

/** Starts every check in its turn; all of them are awaited even when one of them throws. */
async function schedule(run: Run, chosen: readonly Check[]): Promise<CheckResult[]> {
  const results = new Map<Check, Promise<CheckResult>>();
  const of = (wanted: (check: Check) => boolean): Promise<unknown> =>
    Promise.allSettled(chosen.filter(wanted).flatMap((check) => results.get(check) ?? []));
  const gate = Promise.withResolvers<void>();
  const settling = new Settling(chosen);
  for (const [index, check] of chosen.entries()) {
    const { phase } = kindOf(check);
    // The gate opens when all are in the map, so that each can wait for the others.
    const first = gate.promise.then(() => {
      if (phase === "alone") return of((other) => kindOf(other).phase === "traffic");
      if (phase === "after") return of((other) => chosen.indexOf(other) < index && kindOf(other).phase !== "after");
      return undefined;
    });
    const turns = phase === "alone" ? run.alone : run.turns;
    results.set(
      check,
      first.then(() => turns.take(() => runOne(run, check, settling)).finally(() => settling.looked(check))),
    );
  }
  gate.resolve();
  const ended = await Promise.allSettled(results.values());
  return ended.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

/** When the lab has settled, as far as the checks can see that expect something to work. */
class Settling {
  readonly #open: Set<Check>;
  readonly #all = Promise.withResolvers<void>();
  readonly #limit = sleep(SETTLE_LIMIT, undefined, { ref: false });

  constructor(chosen: readonly Check[]) {
    this.#open = new Set(
      chosen.filter(
        (check) => kindOf(check).settles === true && !isNegative(check) && !check.expectFailure && check.fault !== true,
      ),
    );
    if (this.#open.size === 0) this.#all.resolve();
  }

  /** It has ended, or its first attempt failed. */
  looked(check: Check): void {
    this.#open.delete(check);
    if (this.#open.size === 0) this.#all.resolve();
  }

  /** Resolves when all have looked, or after a while. */
  settled(): Promise<void> {
    return Promise.race([this.#all.promise, this.#limit]);
  }
}

async function runOne(run: Run, check: Check, settling: Settling): Promise<CheckResult> {
  const index = run.firstIndex + run.lab.checks.indexOf(check);
  const begun = performance.now();
  const base = {
    name: check.name,
    kind: check.kind,
    source: check.source,
    expectedToFail: check.expectFailure,
    explain: check.explain,
  } as const;
  const done = (result: CheckResult): CheckResult => {
    const before = run.chosen[run.chosen.indexOf(check) - 1];
    const previous = before === undefined ? undefined : run.firstIndex + run.lab.checks.indexOf(before);
    run.sink({ type: "check-done", index, result, previous });
    return result;
  };
  run.sink({ type: "check-started", name: check.name, kind: check.kind, index });
  if (run.signal.aborted) {
    return done({ ...base, status: "skipped", reason: "interrupted", expected: "", got: "", attempts: [], ms: 0 });
  }
  const context: RunContext = {
    lab: run.lab,
    client: run.client,
    signal: run.signal,
    deadline: Math.min(begun + check.within, run.end),
    startedAt: run.startedAt,
    negative: isNegative(check),
    settled: () => {
      settling.looked(check);
      return settling.settled();
    },
    captureProblems: run.captureProblems,
    onAttempt: (attempt) => run.sink({ type: "check-attempt", name: check.name, attempt }),
    investigate: (probe, negative = false) => investigate(run, probe, { negative, patience: check.within }),
  };
  const finding = await tryRun(check, context);
  const story = await storyOf(run, context, finding);
  const judged = verdict(check, finding, run.signal);
  const overflow = judged.status === "failed" && kindOf(check).silent !== true ? overflowNote(run.tableFulls) : "";
  return done({
    ...base,
    expectedToFail: check.expectFailure || (check.fault === true && !finding.ok),
    ...judged,
    // For a fault that the user should find, only where the packet was last seen is shown.
    differs: check.fault === true ? undefined : story?.differs,
    dropped: check.fault === true ? undefined : story?.dropped,
    lastSeen: story?.lastSeen,
    sightings: story?.sightings,
    got: judged.got + overflow,
    family: finding.family,
    expected: finding.expected,
    reproduce: finding.reproduce,
    attempts: finding.attempts,
    matrix: finding.matrix,
    ms: performance.now() - begun,
  });
}

/** Checks that fail at the same time by the same packet are explained once. */
function investigate(run: Run, probe: Probe, question: LossQuestion): Promise<LossStory | undefined> {
  if (run.brief) return Promise.resolve(undefined);
  const key = JSON.stringify([probe, question]);
  const known = run.investigations.get(key);
  if (known !== undefined) return known;
  const story = run.traces
    .take(() => investigateLoss(run, probe, question))
    .finally(() => run.investigations.delete(key));
  run.investigations.set(key, story);
  return story;
}

/** What the agent refuses (no such namespace, not allowed to listen) fails this check; an agent that is gone or a bug ends the run. */
async function tryRun(check: Check, context: RunContext): Promise<CheckFinding> {
  try {
    const { run } = await kindOf(check).runner();
    return await run(check, context);
  } catch (error) {
    if (!(error instanceof LabError) || error.code === "EAGENT" || error.code === "EBUG") throw error;
    const got = `${error.message}${error.hint === undefined ? "" : ` (${error.hint})`}`;
    return { ok: false, expected: check.name, got, attempts: [] };
  }
}

async function storyOf(run: Run, context: RunContext, finding: CheckFinding): Promise<LossStory | undefined> {
  if (finding.ok || finding.skipped !== undefined) return undefined;
  if (finding.story !== undefined || finding.trace === undefined || run.signal.aborted) return finding.story;
  return context.investigate(finding.trace, finding.negative);
}

function verdict(
  check: Check,
  finding: CheckFinding,
  signal: AbortSignal,
): Pick<CheckResult, "status" | "got" | "reason"> {
  if (finding.skipped !== undefined) return { status: "skipped", got: finding.got, reason: finding.skipped };
  if (signal.aborted && !finding.ok) return { status: "skipped", got: finding.got, reason: "interrupted" };
  if (check.fault === true) return { status: "passed", got: finding.got };
  if (!check.expectFailure) return { status: finding.ok ? "passed" : "failed", got: finding.got };
  return finding.ok
    ? { status: "failed", got: `${finding.got} — but the lab says that this check must fail (expectFailure: true)` }
    : { status: "passed", got: finding.got };
}

/**
 * Brings operations into the kernel: journal first, then act. Netlink operations run on the main thread in slices of
 * about 10 ms, so that the agent stays responsive; tools run side by side.
 */
import { setImmediate as breathe, setTimeout as sleep } from "node:timers/promises";
import type { ApplyEvent } from "./protocol.ts";
import type { OperationFailure } from "../errors.ts";
import { flushNetns } from "../kernel/netns.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { Operation } from "../resources/operation.ts";
import { act, actAll } from "./act.ts";
import { describeFailure, wordsOf } from "./failure.ts";
import { whyForeign } from "./foreign.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { forgetLeftoverFlows, repairedRules, type RepairedRules } from "./leftover-flows.ts";
import type { LabRuntime } from "./runtime.ts";
import { Schedule, type Unit } from "./schedule.ts";
import { SLICE, slices } from "./slices.ts";

const BATCH = 64;
/** Tools at a time. */
const SIDE_BY_SIDE = 4;
/** Milliseconds between progress events. */
const PROGRESS_EVERY = 50;

export interface ExecuteOptions {
  /** Start nothing more after the first failure. */
  readonly stopAtFailure: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ApplyEvent) => void;
  /** Milliseconds to wait after each operation; for tests that kill. */
  readonly pace?: number | undefined;
}

export interface ExecuteResult {
  readonly done: number;
  readonly failures: readonly OperationFailure[];
}

/** Settles when all that was started has ended. Rejects with HostError when the record cannot be written, never for a failed operation. */
export async function executeOperations(
  operations: readonly Operation[],
  runtime: LabRuntime,
  options: ExecuteOptions,
): Promise<ExecuteResult> {
  runtime.inheritanceKnown = false;
  runtime.say = (text) => options.onEvent({ type: "note", text });
  try {
    return await new Execution(operations, runtime, options).run();
  } finally {
    runtime.say = undefined;
  }
}

class Execution {
  readonly #schedule: Schedule;
  readonly #runtime: LabRuntime;
  readonly #options: ExecuteOptions;
  readonly #total: number;
  readonly #repaired: readonly RepairedRules[];
  readonly #failures: OperationFailure[] = [];
  readonly #running = new Set<Promise<void>>();
  #reports: Promise<void> = Promise.resolve();
  #done = 0;
  #failed = false;
  /** Nothing more can be recorded, so nothing more is done. */
  #broken: Error | undefined;
  #reportedAt = 0;

  constructor(operations: readonly Operation[], runtime: LabRuntime, options: ExecuteOptions) {
    this.#schedule = new Schedule(operations);
    this.#runtime = runtime;
    this.#options = options;
    this.#total = operations.length;
    this.#repaired = repairedRules(operations, runtime.journal.record.applied);
  }

  async run(): Promise<ExecuteResult> {
    try {
      await this.#work();
    } finally {
      await Promise.all(this.#running);
    }
    if (this.#broken !== undefined) throw this.#broken;
    if (!this.#stopped) await this.#flush();
    await this.#reports;
    this.#runtime.nftWritten = undefined;
    this.#runtime.chainTexts = undefined;
    this.#progress(true);
    return { done: this.#done, failures: this.#failures };
  }

  async #work(): Promise<void> {
    while (!this.#stopped) {
      if (this.#startSlow()) await breathe(); // tools run beside the slice, not after it
      const worked = await this.#slice();
      if (worked) continue;
      if (this.#running.size > 0) await Promise.race(this.#running);
      // The last tool may have ended during the slice, and what waited for it is ready now.
      else if (!this.#schedule.hasReady && !this.#schedule.breakCircle()) break;
    }
  }

  /** Work that the kernel layer has deferred (see deferInNetns) is done before we report success. */
  async #flush(): Promise<void> {
    const turn = slices();
    for (const ns of this.#runtime.namespaces) {
      this.#finally(`settle ${ns}`, () => flushNetns(this.#runtime.find(ns)));
      await turn();
    }
    this.#finally("forget flows", () => forgetLeftoverFlows(this.#repaired, this.#runtime));
  }

  #finally(operation: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#failed = true;
      const failure = { operation, command: "", stderr: String(error), cause: "" };
      this.#failures.push(failure);
      this.#options.onEvent({ type: "failed", failure });
    }
  }

  get #stopped(): boolean {
    return this.#broken !== undefined || this.#options.signal.aborted || (this.#failed && this.#options.stopAtFailure);
  }

  /** True where a tool was started; it runs once the event loop turns. */
  #startSlow(): boolean {
    let started = false;
    while (this.#running.size < SIDE_BY_SIDE) {
      const unit = this.#schedule.takeSlow();
      if (unit === undefined) break;
      started = true;
      const running: Promise<void> = this.#runSlow(unit)
        .catch((error: unknown) => {
          this.#broken ??= error instanceof Error ? error : new Error(String(error));
        })
        .finally(() => this.#running.delete(running));
      this.#running.add(running);
    }
    return started;
  }

  async #runSlow(unit: Unit): Promise<void> {
    const started = performance.now();
    for (const operation of unit.operations) this.#options.onEvent({ type: "started", operation: operation.id });
    const was = this.#asItWas(unit);
    this.#runtime.journal.write(...unit.operations.map(intent));
    try {
      await actAll(unit.operations, this.#runtime);
      this.#finish(unit, performance.now() - started);
    } catch (error) {
      this.#runtime.journal.write(...was);
      this.#fail(unit, error);
    }
    await this.#pause();
  }

  /** The record of one table, restored when the kernel refuses its change: it accepts a table whole or not at all. */
  #asItWas({ operations }: Unit): JournalEntry[] {
    const [only, more] = operations;
    if (only === undefined || more !== undefined || definitionOf(only.resource).takenWhole !== true) return [];
    const { record } = this.#runtime.journal;
    const resource = record.applied.get(only.resource.id);
    return resource === undefined ? [] : [{ t: "refused", resource, chains: record.fingerprint(resource.id) }];
  }

  /** Does ready netlink operations for about 10 ms. False when there are none. */
  async #slice(): Promise<boolean> {
    const { pace } = this.#options;
    const started = performance.now();
    let worked = false;
    while (!this.#stopped && performance.now() - started < SLICE) {
      const batch: Unit[] = [];
      for (let unit = this.#takeQuick(); unit !== undefined; unit = this.#takeQuick()) {
        batch.push(unit);
        if (batch.length === (pace === undefined ? BATCH : 1)) break;
      }
      if (batch.length === 0) break;
      worked = true;
      this.#runtime.journal.write(...batch.flatMap((unit) => unit.operations.map(intent)));
      for (const unit of batch) {
        if (this.#stopped) return true; // what is journalled but not done is found missing, or its removal does nothing
        const slow = this.#runQuick(unit);
        if (slow !== undefined) await slow;
        if (pace !== undefined) return this.#pause().then(() => true);
        // A tool that has what it needs runs beside the rest of the batch.
        if (this.#startSlow()) await breathe();
      }
    }
    if (worked) {
      this.#progress(false);
      await breathe();
    }
    return worked;
  }

  /** The next netlink operation; one that would take a namespace or a device that is not ours fails here, before it is journalled. */
  #takeQuick(): Unit | undefined {
    for (let unit = this.#schedule.takeQuick(); unit !== undefined; unit = this.#schedule.takeQuick()) {
      const [operation] = unit.operations;
      const foreign = operation === undefined ? undefined : whyForeign(operation, this.#runtime);
      if (foreign === undefined) return unit;
      this.#fail(unit, new Error(foreign));
      if (this.#stopped) return undefined;
    }
    return undefined;
  }

  #runQuick(unit: Unit): Promise<void> | undefined {
    const started = performance.now();
    const [operation] = unit.operations;
    if (operation === undefined) return undefined;
    try {
      const acting = act(operation, this.#runtime);
      if (acting instanceof Promise) {
        return acting.then(
          () => this.#finish(unit, performance.now() - started),
          (error: unknown) => this.#fail(unit, error),
        );
      }
      this.#finish(unit, performance.now() - started);
    } catch (error) {
      this.#fail(unit, error);
    }
    return undefined;
  }

  #finish(unit: Unit, ms: number): void {
    const gone: JournalEntry[] = [];
    for (const operation of unit.operations) {
      if (operation.action === "delete") gone.push({ t: "gone", id: operation.resource.id });
      this.#options.onEvent({ type: "done", operation: operation.id, ms: Math.round(ms * 1000) / 1000 });
    }
    this.#runtime.journal.write(...gone);
    this.#done += unit.operations.length;
    this.#schedule.done(unit);
  }

  #fail(unit: Unit, error: unknown): void {
    this.#failed = true;
    const said = wordsOf(error);
    const [first] = unit.operations;
    for (const operation of unit.operations) this.#report(operation, said);
    for (const operation of this.#schedule.drop(unit)) {
      if (!this.#options.stopAtFailure) this.#report(operation, `not tried: it needs "${first?.id}", which failed`);
    }
  }

  /** In order, and awaited at the end: the text of the command is made lazily. */
  #report(operation: Operation, said: string): void {
    this.#reports = this.#reports.then(async () => {
      const failure = await describeFailure(this.#runtime.lab, operation, said);
      this.#failures.push(failure);
      this.#options.onEvent({ type: "failed", failure });
    });
  }

  #progress(last: boolean): void {
    const now = performance.now();
    if (!last && now - this.#reportedAt < PROGRESS_EVERY) return;
    this.#reportedAt = now;
    this.#options.onEvent({ type: "progress", done: this.#done, total: this.#total });
  }

  async #pause(): Promise<void> {
    if (this.#options.pace === undefined) return;
    await sleep(this.#options.pace, undefined, { signal: this.#options.signal }).catch(() => {});
  }
}

function intent(operation: Operation): JournalEntry {
  const { action, resource, edit } = operation;
  return { t: "do", action, resource, edit };
}

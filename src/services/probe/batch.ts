/**
 * Runs many probes side by side. Two limits keep results accurate: in flight in total (file descriptors), and
 * recently sent (answers must not wait behind our own work until they look late).
 */
import { closeSync, openSync, readFileSync } from "node:fs";
import { reactor } from "../../kernel/reactor.ts";
import { enterNetns, type NetnsHandle } from "../../kernel/netns.ts";
import type { Probe, ProbeResult } from "./protocol.ts";
import type { Attempt, AttemptResult } from "./attempt.ts";
import { forgetFlow, type WatchedFlow } from "./denials.ts";
import { Wheel } from "./wheel.ts";

const DEFAULT_CONCURRENCY = 8192;
/** Probes that are at most so old are expected to be answered soon; beyond it, they just wait for their deadline. */
const YOUNG_MS = 40;
const MAX_YOUNG = 192;
const MAX_STARTS_PER_TURN = 64;
/**
 * What is overdue ends after this many turns in a row in which nothing was waiting to be handled: an answer, or a question to a
 * server of this process, may be what waits, where the process got no processor in time. On a process that is never through
 * with its work it ends after this many turns altogether.
 */
const QUIET_TURNS = 3;
const BUSY_TURNS = 200;

/** One probe's path through the batch. */
export class Job {
  readonly probe: Probe;
  readonly index: number;
  readonly handle: NetnsHandle;
  deadline = 0;
  startedAt = 0;
  finished = false;
  old = false;
  attempt: Attempt | undefined;
  /** A NetworkPolicy's rule has dropped its packet: the text that it logged. */
  denied: string | undefined;
  /** Its flow while denials are listened for. */
  flow: WatchedFlow | undefined;
  constructor(probe: Probe, index: number, handle: NetnsHandle) {
    this.probe = probe;
    this.index = index;
    this.handle = handle;
  }
}

export class Batch {
  readonly #waiting: readonly Job[];
  #next = 0;
  readonly #concurrency: number;
  readonly #begin: (job: Job, finish: (finding: AttemptResult) => void) => Attempt;
  readonly #onResult: (job: Job, result: ProbeResult) => void;
  readonly #wheel = new Wheel<Job>(performance.now());
  #active = 0;
  #young = 0;
  /** Started jobs in order of their start; those before #oldest are old or finished. */
  #started: Job[] = [];
  #oldest = 0;
  #done = 0;
  /** Turns since something has been overdue: all of them, and the last ones without events. */
  #overdue = { turns: 0, quiet: 0 };
  /** Results of attempts that ended while this thread was inside a namespace: reported when it is back. */
  #early: { job: Job; result: ProbeResult }[] = [];
  #inside = false;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};

  /** `begin` makes the attempt of a job; its open() is called inside the namespace. */
  constructor(
    jobs: readonly Job[],
    begin: (job: Job, finish: (finding: AttemptResult) => void) => Attempt,
    onResult: (job: Job, result: ProbeResult) => void,
    concurrency = DEFAULT_CONCURRENCY,
  ) {
    this.#waiting = jobs;
    this.#concurrency = Math.max(1, Math.min(concurrency, freeDescriptors()));
    this.#begin = begin;
    this.#onResult = onResult;
  }

  /** Resolves when every job has its result. */
  run(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      reactor().addTicker(this.#tick);
    });
  }

  readonly #tick = (now: number, events: number): number => {
    try {
      this.#expire(now, events);
      this.#age(now);
      // Without events nothing is waiting to be handled: what is in flight is not late because of us.
      this.#start(events === 0 ? Infinity : MAX_YOUNG - this.#young);
    } catch (error) {
      this.#abort(error);
      return Infinity;
    }
    if (this.#overdue.turns > 0) return 0;
    return this.#next >= this.#waiting.length || this.#active >= this.#concurrency ? this.#wheel.wait(now) : 0;
  };

  #expire(now: number, events: number): void {
    if (!this.#wheel.isDue(now)) {
      this.#overdue = { turns: 0, quiet: 0 };
      return;
    }
    const { turns, quiet } = this.#overdue;
    this.#overdue = { turns: turns + 1, quiet: events > 0 ? 0 : quiet + 1 };
    if (this.#overdue.quiet < QUIET_TURNS && this.#overdue.turns < BUSY_TURNS) return;
    this.#overdue = { turns: 0, quiet: 0 };
    this.#wheel.due(now, (job) => job.attempt?.expire());
  }

  /** A failure that the network did not cause: no descriptors left, a namespace that cannot be entered. */
  #abort(error: unknown): void {
    reactor().removeTicker(this.#tick);
    this.#reject(error);
    for (const job of this.#started) if (!job.finished) job.attempt?.expire();
  }

  #age(now: number): void {
    for (; this.#oldest < this.#started.length; this.#oldest++) {
      const job = this.#started[this.#oldest];
      if (job === undefined || job.finished) continue;
      if (now - job.startedAt < YOUNG_MS) break;
      job.old = true;
      this.#young--;
    }
    if (this.#oldest > 4096) {
      this.#started = this.#started.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  /** Starts as many as the bounds allow; neighbours in the list of one namespace share one visit to it. */
  #start(most: number): void {
    const room = Math.min(MAX_STARTS_PER_TURN, most, this.#concurrency - this.#active);
    const end = Math.min(this.#next + room, this.#waiting.length);
    while (this.#next < end) {
      const handle = this.#waiting[this.#next]?.handle;
      if (handle === undefined) return;
      this.#inside = true;
      try {
        enterNetns(handle, () => {
          for (; this.#next < end; this.#next++) {
            const job = this.#waiting[this.#next];
            if (job?.handle !== handle) return;
            this.#open(job);
          }
        });
      } finally {
        this.#inside = false;
      }
      for (const { job, result } of this.#early.splice(0)) this.#report(job, result);
    }
  }

  #open(job: Job): void {
    job.startedAt = performance.now();
    job.deadline = job.startedAt + job.probe.timeout;
    this.#active++;
    this.#young++;
    this.#started.push(job);
    job.attempt = this.#begin(job, (finding) => this.#finish(job, finding));
    job.attempt.open();
    if (!job.finished) this.#wheel.add(job);
  }

  #finish(job: Job, finding: AttemptResult): void {
    if (job.finished) return;
    job.finished = true;
    job.attempt = undefined;
    this.#active--;
    if (!job.old) this.#young--;
    const ms = Math.round((performance.now() - job.startedAt) * 1000) / 1000;
    if (job.flow !== undefined) forgetFlow(job.flow);
    const result = job.denied === undefined ? { ...finding, ms } : { ...finding, ms, denied: job.denied };
    if (this.#inside) this.#early.push({ job, result });
    else this.#report(job, result);
  }

  #report(job: Job, result: ProbeResult): void {
    this.#done++;
    this.#onResult(job, result);
    if (this.#done === this.#waiting.length) {
      reactor().removeTicker(this.#tick);
      this.#resolve();
    } else reactor().nudge();
  }
}

/** Descriptors that a batch may use: the process's limit less what is open and a reserve for everything else. */
function freeDescriptors(): number {
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  if (limit === undefined || limit === "unlimited") return DEFAULT_CONCURRENCY;
  const lowestFree = openSync("/dev/null", "r"); // descriptors are allocated lowest first: about this many are open
  closeSync(lowestFree);
  const RESERVE = 256;
  // A connection between two of our own namespaces takes a second descriptor, at the server's end.
  return Math.floor((Number(limit) - lowestFree - RESERVE) / 2);
}

/**
 * How long an agent may be silent while a call waits for it. It answers a greeting at any time between slices of its work, so a
 * process that neither answers nor uses the CPU is stopped, frozen or stuck; one that computes is only busy, or short of CPU time.
 */
import { statOf } from "../kernel/process-stat.ts";

/** Milliseconds between two looks, and when something has been waited for for long. */
const LOOK_EVERY = 500;
const LOOK_SELDOM = 5000;
const LONG = 10_000;
/** Milliseconds of silence of a stopped process (SIGSTOP, a debugger), of one that does nothing, and of any other. */
const STOPPED_LIMIT = 2000;
const IDLE_LIMIT = 10_000;
const BUSY_LIMIT = 60_000;
/** Where the process cannot be inspected: it is on another machine, or this is not Linux. */
const UNSEEN_LIMIT = 30_000;

export type Silence = "stopped" | "idle" | "busy" | "unseen";

export interface SilenceOptions {
  /** The agent's process on this machine, as far as known; asked when it is silent. */
  readonly pid: () => number | undefined;
  /** Requests any answer. */
  readonly ask: () => void;
  /** Called once. */
  readonly onSilent: (why: Silence, pid: number | undefined) => void;
}

/** Looks only while something is waited for: from expect() to the last rest(). */
export class SilenceWatch {
  readonly #options: SilenceOptions;
  #timer: NodeJS.Timeout | undefined;
  /** Milliseconds as this process saw them pass: it may itself have been stopped, or the machine asleep. */
  #silent = 0;
  #idle = 0;
  #looked = 0;
  #since = 0;
  #pause = LOOK_EVERY;
  #computed = -1;

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  expect(): void {
    if (this.#timer === undefined) this.received();
    this.#since = performance.now();
    if (this.#timer === undefined || this.#pause > LOOK_EVERY) this.#wait();
  }

  received(): void {
    this.#silent = 0;
    this.#idle = 0;
  }

  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#looked = performance.now();
    this.#pause = this.#silent === 0 && this.#looked - this.#since > LONG ? LOOK_SELDOM : LOOK_EVERY;
    this.#timer = setTimeout(() => this.#look(), this.#pause).unref();
  }

  #look(): void {
    const passed = Math.min(performance.now() - this.#looked, 2 * this.#pause);
    if (this.#silent === 0) this.#options.ask();
    this.#silent += passed;
    this.#idle += passed;
    const pid = this.#silent < STOPPED_LIMIT ? undefined : this.#options.pid();
    const why = this.#silent < STOPPED_LIMIT ? undefined : this.#judge(pid);
    if (why === undefined) return this.#wait();
    this.rest();
    this.#options.onSilent(why, pid);
  }

  #judge(pid: number | undefined): Silence | undefined {
    const seen = pid === undefined ? undefined : statOf(pid);
    if (seen !== undefined && (seen.computed !== this.#computed || "RD".includes(seen.state))) this.#idle = 0;
    this.#computed = seen?.computed ?? -1;
    return this.#verdict(seen?.state);
  }

  #verdict(state: string | undefined): Silence | undefined {
    if (state === undefined) return this.#silent > UNSEEN_LIMIT ? "unseen" : undefined;
    if (state === "T" || state === "t") return "stopped";
    if (this.#idle > IDLE_LIMIT) return "idle";
    return this.#silent > BUSY_LIMIT ? "busy" : undefined;
  }
}

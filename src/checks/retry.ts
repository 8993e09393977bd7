/** When a check is believed: retried until it is true or the deadline; what must not work is believed only when confirmed. */
import { setTimeout as sleep } from "node:timers/promises";

/** One look at the matter. */
export interface Look {
  readonly ok: boolean;
  readonly got: string;
  /** Nothing can change it any more: do not try again. */
  readonly final?: boolean | undefined;
}

export interface RetryOptions {
  /** performance.now() milliseconds. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** A failure is expected: a single attempt that fails may be an accident of the start. */
  readonly negative: boolean;
  /** The lab expects this check to fail: the failure must be confirmed. */
  readonly fails: boolean;
  /** Resolves when the lab has settled as far as other checks can see; called after the first attempt. */
  readonly settled: () => Promise<void>;
  /** Looks may run at the same time (probes, not commands). */
  readonly overlap: boolean;
  /** Called after unexpected attempts, less and less often: is the cause permanent? */
  readonly proved?: (() => Promise<boolean>) | undefined;
}

/** Milliseconds before the second look; then longer each time. */
export const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 500;
const GROWTH = 1.5;
/** Equal outcomes in a row that a negative needs, the last of them after the lab has settled. */
const CONFIRMATIONS = 2;
/** A check that is broken on purpose was written to work, so more attempts are needed. */
const FAIL_CONFIRMATIONS = 3;
const CONFIRM_GAP = 100;
/** Milliseconds: a first attempt that took this long was not an accident of the start. */
const LONG_LOOK = 250;
/** Milliseconds between the first two questions for a proof; then twice as long each time. */
const PROOF_PAUSE = 1000;

/** The last attempt decides. `look` gets the number of the attempt, from 0. */
export async function retry<L extends Look>(look: (attempt: number) => Promise<L>, options: RetryOptions): Promise<L> {
  if (options.fails) return confirmed(look, options, (l) => !l.ok, FAIL_CONFIRMATIONS);
  if (options.negative) return confirmed(look, options, (l) => l.ok, CONFIRMATIONS);
  let pause = FIRST_PAUSE;
  const proof = new Proof(options);
  for (let attempt = 0; ; attempt++) {
    const seen = await look(attempt);
    if (seen.ok || seen.final === true || isOver(options)) return seen;
    if (await proof.found(attempt)) return seen;
    pause = await wait(pause, options);
  }
}

/** When it is time to ask whether a failure is proved. */
class Proof {
  readonly #options: RetryOptions;
  readonly #begun = performance.now();
  #next = 0;
  #pause = PROOF_PAUSE;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  async found(attempt: number): Promise<boolean> {
    const now = performance.now();
    const early = attempt === 0 && now - this.#begun < LONG_LOOK;
    if (this.#options.proved === undefined || early || now < this.#next) return false;
    const proved = await isProved(this.#options);
    this.#next = performance.now() + this.#pause;
    this.#pause *= 2;
    return proved;
  }
}

/** What has just started may still settle: a proof counts only after that. */
async function isProved({ proved, settled, signal }: RetryOptions): Promise<boolean> {
  if (proved === undefined) return false;
  await Promise.race([settled(), aborted(signal)]);
  return !signal.aborted && proved();
}

/**
 * Tries until `wanted` was seen `times` in a row, the last one started after the lab settled, or the deadline.
 * A check that must fail but passes once has passed: nothing is left to confirm.
 */
async function confirmed<L extends Look>(
  look: (attempt: number) => Promise<L>,
  options: RetryOptions,
  wanted: (look: L) => boolean,
  times: number,
): Promise<L> {
  let attempt = 0;
  const begun = performance.now();
  const proof = new Proof(options);
  const begin = (): Promise<L> => {
    const looking = look(attempt++);
    looking.catch(() => undefined); // awaited below; it may fail long before
    return looking;
  };
  const early = [begin()];
  await Promise.race([options.settled(), aborted(options.signal)]);
  for (let i = 1; i < times && options.overlap; i++) {
    await gap(begun + i * CONFIRM_GAP - performance.now(), options.signal);
    early.push(begin());
  }
  let streak = 0;
  let last: L | undefined;
  for (const seen of await Promise.all(early)) {
    streak = wanted(seen) ? streak + 1 : 0;
    last = seen;
    if (options.fails && seen.ok) return seen;
  }
  last ??= await look(attempt++);
  let pause = FIRST_PAUSE;
  while (streak < times && last.final !== true && !isOver(options)) {
    if (!options.fails && !wanted(last) && (await proof.found(attempt))) return last;
    if (streak > 0) await gap(CONFIRM_GAP, options.signal);
    else pause = await wait(pause, options);
    last = await look(attempt++);
    if (options.fails && last.ok) return last;
    streak = wanted(last) ? streak + 1 : 0;
  }
  return last;
}

function isOver(options: RetryOptions): boolean {
  return options.signal.aborted || performance.now() >= options.deadline;
}

/** Waits, but not beyond the deadline; the next pause. */
export async function wait(pause: number, options: Pick<RetryOptions, "deadline" | "signal">): Promise<number> {
  await gap(Math.min(pause, options.deadline - performance.now()), options.signal);
  return Math.min(LONGEST_PAUSE, pause * GROWTH);
}

async function gap(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds > 0) await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

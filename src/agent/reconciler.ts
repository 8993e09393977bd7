/**
 * Acts when a probe or a link changes state: a short-lived process with the code that reads labs and plans. It is
 * started when something was decided, or when a pod has been ready for minReadySeconds, and ends when everything is as it should
 * be, or when the lab's socket is closed, so that nothing waits in memory in between.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import type { LiveState } from "../kube/workload/live-state.ts";

/** Milliseconds: what is decided at the same time is acted on at once. */
const GATHER = 20;
/** After a failure; what it said is in the agent's log. */
const RETRY = 1000;
const RETRIES = 5;
/** The longest that a timer waits, 24.8 days. */
const LONGEST = 2 ** 31 - 1;

/** Beside the agent in the bundle, src/live/main.ts otherwise. */
function program(): string {
  const bundled = process.env["K8SNET_LAB_BUNDLED"] === "1";
  return join(import.meta.dirname, bundled ? "reconcile.js" : "../live/main.ts");
}

export interface ReconcilerOptions {
  /** The lab's. */
  readonly socket: string;
  /** Where a failure is reported. */
  readonly log: string;
  /** What to run it with. */
  readonly prefix?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export class Reconciler {
  readonly #options: ReconcilerOptions;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wake: NodeJS.Timeout | undefined;
  #again = false;
  #failures = 0;
  #stopped = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** Something was decided. */
  nudge(delay = GATHER): void {
    if (this.#stopped) return;
    if (this.#child !== undefined) {
      this.#again = true;
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#start();
    }, delay).unref();
  }

  /** A timer for the next moment when a pod has been ready for long enough; no event occurs then. */
  wakeFor({ warming }: Pick<LiveState, "warming">): void {
    clearTimeout(this.#wake);
    this.#wake = undefined;
    const times = Object.values(warming ?? {}).filter((at) => at > 0);
    if (times.length === 0 || this.#stopped) return;
    const delay = Math.min(LONGEST, Math.max(0, Math.min(...times) - Date.now()));
    this.#wake = setTimeout(() => {
      this.#wake = undefined;
      this.nudge();
    }, delay).unref();
  }

  /** Something is to be done, now or when a pod has been ready for long enough. */
  get busy(): boolean {
    return this.#child !== undefined || this.#timer !== undefined || this.#wake !== undefined;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#wake);
    this.#child?.kill("SIGKILL");
  }

  #start(): void {
    if (this.#stopped) return;
    this.#again = false;
    const { socket, log, prefix = [], env } = this.#options;
    const [file = "", ...args] = [...prefix, process.execPath, program(), socket];
    const fd = openSync(log, "a", 0o600);
    const child = spawn(file, args, { env, cwd: "/", stdio: ["ignore", "ignore", fd] });
    closeSync(fd);
    this.#child = child;
    let ended = false;
    const end = (ok: boolean): void => {
      if (ended) return;
      ended = true;
      this.#child = undefined;
      this.#failures = ok ? 0 : this.#failures + 1;
      if (!ok && this.#failures <= RETRIES) this.nudge(RETRY);
      else if (this.#again) this.nudge();
    };
    child.on("error", () => end(false));
    child.on("exit", (code) => end(code === 0));
  }
}

/**
 * Who acts when a probe or a link says something else: a short-lived process with the code that reads labs and plans. It is
 * started when something was decided and ends when all is as it should be, so that nothing waits in memory in between.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { labEnvironment } from "../apply/spawn.ts";

/** Milliseconds: what is decided at the same time is acted on at once. */
const GATHER = 20;
/** After a failure; what it said is in the agent's log. */
const RETRY = 1000;
const RETRIES = 5;

/** Beside the agent in the bundle, src/controller/main.ts otherwise. */
function program(): string {
  const bundled = process.env["K8SNET_LAB_BUNDLED"] === "1";
  return fileURLToPath(new URL(bundled ? "reconcile.js" : "../controller/main.ts", import.meta.url));
}

export class Reconciler {
  readonly #socket: string;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #again = false;
  #failures = 0;
  #up = false;
  #waiting = false;
  #stopped = false;

  constructor(socket: string) {
    this.#socket = socket;
  }

  /** The lab is up: what was decided while it was being built is acted on. */
  labIsUp(): void {
    this.#up = true;
    if (this.#waiting) this.nudge();
  }

  /** Something was decided. */
  nudge(delay = GATHER): void {
    if (this.#stopped) return;
    if (!this.#up) {
      this.#waiting = true;
      return;
    }
    if (this.#child !== undefined) {
      this.#again = true;
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#start();
    }, delay).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#child?.kill("SIGKILL");
  }

  #start(): void {
    if (this.#stopped) return;
    this.#again = false;
    this.#waiting = false;
    const argv = ["--pdeathsig", "KILL", "--", process.execPath, program(), this.#socket];
    const child = spawn("setpriv", argv, { env: labEnvironment(), cwd: "/", stdio: ["ignore", "ignore", "inherit"] });
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

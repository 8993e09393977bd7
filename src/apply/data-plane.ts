/**
 * The lab's data plane: a process that serves layer 7 proxies in the lab's namespaces. It is started for the first one and ended with
 * the last one, and dies with the agent. Spoken to over a socket pair (child_process, `ipc`).
 */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import type { AccessEntry } from "../resources/l7/access-entry.ts";
import type { DataPlaneAnswer, DataPlaneRequest, DataPlaneStats, Numbered } from "../resources/l7/protocol.ts";
import type { Held } from "./held.ts";
import type { LabRuntime } from "./runtime.ts";
import { labEnvironment } from "./spawn.ts";

/** Milliseconds; it answers in a few, when it has been started. */
const ANSWER = 20_000;

const known = new WeakMap<LabRuntime, DataPlane>();

/** Beside the agent in the bundle, src/dataplane/main.ts otherwise. */
function program(): string {
  const bundled = process.env["K8SNET_LAB_BUNDLED"] === "1";
  return join(import.meta.dirname, bundled ? "dataplane.js" : "../dataplane/main.ts");
}

/** A proxy as the process has confirmed it. */
export interface ServedProxy extends Held {
  readonly running: boolean;
  /** Of the table that it serves, see l7Digest(). */
  readonly digest: string;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class DataPlane {
  readonly #runtime: LabRuntime;
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #seq = 0;

  static of(runtime: LabRuntime): DataPlane {
    const one = known.get(runtime) ?? new DataPlane(runtime);
    known.set(runtime, one);
    return one;
  }

  private constructor(runtime: LabRuntime) {
    this.#runtime = runtime;
  }

  /** Resolves when the table is served. Throws what the process says: which port it cannot have. */
  async serve(request: Extract<DataPlaneRequest, { t: "set" }>, digest: string): Promise<void> {
    const child = (this.#child ??= this.#start());
    try {
      await this.#ask(request);
    } catch (error) {
      this.#endIfIdle();
      throw error;
    }
    this.#runtime.held<ServedProxy>("l7").set(request.id, {
      digest,
      get running() {
        return child.exitCode === null && child.signalCode === null;
      },
      stop: () => this.#drop(request.id),
    });
  }

  async remove(id: string): Promise<void> {
    this.#runtime.held("l7").delete(id);
    if (this.#child !== undefined) await this.#ask({ t: "remove", id }).catch(() => undefined); // it has ended
    this.#endIfIdle();
  }

  async stats(): Promise<DataPlaneStats | undefined> {
    return this.#child === undefined ? undefined : ((await this.#ask({ t: "stats" })) as DataPlaneStats);
  }

  /** The last entries of a proxy's access log, oldest first. */
  async log(id: string, last: number): Promise<readonly AccessEntry[]> {
    return this.#child === undefined ? [] : ((await this.#ask({ t: "log", id, last })) as readonly AccessEntry[]);
  }

  /** Without waiting for it. */
  #drop(id: string): void {
    const held = this.#runtime.held("l7");
    held.delete(id);
    if (held.size === 0) this.#end();
    else if (this.#child?.connected === true) void this.#ask({ t: "remove", id }).catch(() => undefined);
  }

  #endIfIdle(): void {
    if (this.#runtime.held("l7").size === 0 && this.#waiting.size === 0) this.#end();
  }

  #end(): void {
    this.#child?.kill("SIGKILL");
    this.#lose("it was ended");
  }

  #start(): ChildProcess {
    const log = openSync(`${this.#runtime.subfolder("log")}/dataplane.log`, "a", 0o600);
    // PDEATHSIG, as all programs of the lab have it; see spawn.ts.
    const argv = ["--pdeathsig", "KILL", "--", process.execPath, program()];
    const child = spawn("setpriv", argv, { env: labEnvironment(), cwd: "/", stdio: ["ignore", log, log, "ipc"] });
    closeSync(log);
    // The agent ends when it has nothing else to do.
    child.unref();
    child.channel?.unref();
    child.on("message", (message) => this.#take(message as DataPlaneAnswer));
    const gone = (why: string): void => {
      if (this.#child === child) this.#lose(why);
    };
    child.on("error", ({ message }) => gone(message));
    child.on("exit", (code, signal) => gone(`it ended (${signal ?? code})`));
    return child;
  }

  #lose(why: string): void {
    this.#child = undefined;
    for (const { reject } of this.#waiting.values()) reject(new Error(`the data plane does not answer: ${why}`));
    this.#waiting.clear();
  }

  #take({ seq, error, result }: DataPlaneAnswer): void {
    const waiting = this.#waiting.get(seq);
    this.#waiting.delete(seq);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(Object.assign(new Error(error.message), { code: error.code }));
  }

  #ask(request: DataPlaneRequest): Promise<unknown> {
    const child = this.#child;
    if (child === undefined) return Promise.reject(new Error("the data plane does not run"));
    const seq = ++this.#seq;
    const message: Numbered<DataPlaneRequest> = { ...request, seq };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(seq);
        reject(new Error(`the data plane has not answered within ${ANSWER} ms`));
      }, ANSWER);
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        act();
      };
      this.#waiting.set(seq, {
        resolve: (result) => settle(() => resolve(result)),
        reject: (error) => settle(() => reject(error)),
      });
      child.send(message, (error) => {
        if (error !== null && this.#waiting.delete(seq)) settle(() => reject(error));
      });
    });
  }
}

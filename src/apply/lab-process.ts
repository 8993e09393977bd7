/** A long-lived process of the lab: started, watched, its output kept in STATE/log, stopped with all that it started. */
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { findProcesses, killProcesses, signalProcess } from "../kernel/process.ts";
import { readIfThere } from "../kernel/read-file.ts";
import { processEnvironment } from "../resources/process/environment.ts";
import type { ProcessResource } from "../resources/process/definition.ts";
import { enterArgv } from "./enter.ts";
import type { Held } from "./held.ts";
import type { LabRuntime } from "./runtime.ts";
import { findProgram } from "./find-program.ts";
import { currentLabId, killGroup, labEnvironment, spawnIn } from "./spawn.ts";

/** The log is rotated at this size; one older part is kept. */
const LOG_LIMIT = 1024 * 1024;
const PROCESS_VARIABLE = "K8SNET_LAB_PROCESS";
/** Milliseconds between SIGTERM and SIGKILL. */
const GRACE = 2000;

export class LabProcess implements Held {
  readonly resource: ProcessResource;
  exitCode: number | null = null;
  running = true;
  readonly #child: ChildProcess;
  readonly #started = performance.now();
  readonly #log: string;
  readonly #ended: Promise<void>;
  /** In its environment and in that of all that it starts. */
  readonly #mark: string;
  #fd: number | undefined;
  #size = 0;
  #paused = false;

  /** Throws when the program does not exist. */
  constructor(resource: ProcessResource, runtime: LabRuntime) {
    const { PATH: path, ...env } = processEnvironment(resource);
    if (!isMounted(resource))
      findProgram(resource.argv[0] ?? "", path ?? labEnvironment()["PATH"] ?? "", resource.cwd ?? "/");
    this.resource = resource;
    this.#log = logPath(resource.id, runtime);
    this.#fd = openSync(this.#log, "w", 0o600);
    const argv = [
      ...enterArgv(runtime, resource.ns, {
        cwd: resource.cwd,
        hostname: resource.hostname,
        pod: resource.pod,
        process: resource.name,
      }),
      ...(resource.slow === undefined ? [] : ["sh", "-c", 'sleep "$0"; exec "$@"', String(resource.slow / 1000)]),
      // A PATH of its own is for the program, not for what gets it into the namespace.
      ...(path === undefined ? [] : ["env", `PATH=${path}`]),
      ...resource.argv,
    ];
    const mark = `${currentLabId()}/${resource.id}`;
    this.#mark = `${PROCESS_VARIABLE}=${mark}`;
    this.#child = spawnIn(runtime.netns(resource.ns), argv, {
      env: { ...env, [PROCESS_VARIABLE]: mark },
      detached: true,
    });
    const append = (chunk: Buffer): void => {
      try {
        this.#append(chunk);
      } catch {
        // A full disk: the program keeps running, its output is lost.
      }
    };
    this.#child.stdout?.on("data", append);
    this.#child.stderr?.on("data", append);
    this.#ended = new Promise((resolve) => {
      const end = (code: number | null): void => {
        this.running = false;
        this.exitCode = code;
        resolve();
      };
      this.#child.on("error", (error) => {
        append(Buffer.from(`${error.message}\n`));
        end(127);
      });
      this.#child.on("exit", (code) => end(code));
      this.#child.on("close", () => this.#closeLog());
    });
  }

  /** Milliseconds since it was started. */
  get age(): number {
    return performance.now() - this.#started;
  }

  /** SIGSTOP or SIGCONT, to the program and all that it has started. */
  pause(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    for (const one of findProcesses({ environment: this.#mark })) signalProcess(one, paused ? "SIGSTOP" : "SIGCONT");
  }

  /** SIGTERM to the whole group, SIGKILL two seconds later; then to all that it started and that is still there. */
  async end(): Promise<void> {
    if (this.running) {
      killGroup(this.#child, "SIGTERM");
      this.pause(false);
      const kill = setTimeout(() => this.stop(), GRACE);
      await this.#ended;
      clearTimeout(kill);
    }
    await killProcesses({ environment: this.#mark });
  }

  /** The group at once. Does nothing when it has ended: its process id may have been reused by now. */
  stop(): void {
    if (this.running) killGroup(this.#child, "SIGKILL");
  }

  /** The last lines that it wrote, oldest first. */
  lines(): string[] {
    const text = [`${this.#log}.old`, this.#log].map((path) => readIfThere(path) ?? "").join("");
    const lines = text.split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines;
  }

  #append(chunk: Buffer): void {
    if (this.#fd === undefined) return;
    if (this.#size + chunk.length > LOG_LIMIT) {
      this.#closeLog();
      renameSync(this.#log, `${this.#log}.old`);
      this.#fd = openSync(this.#log, "w", 0o600);
      this.#size = 0;
    }
    this.#size += chunk.length;
    writeSync(this.#fd, chunk);
  }

  #closeLog(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** Its program is a file of a volume. */
function isMounted({ argv: [program = ""], cwd = "/", mounts = [] }: ProcessResource): boolean {
  const path = resolve(cwd, program);
  return (
    program.includes("/") && mounts.some(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`))
  );
}

export function logPath(id: string, runtime: LabRuntime): string {
  return `${runtime.subfolder("log")}/${encodeURIComponent(id).slice(0, 200)}.log`;
}

export function removeLog(id: string, runtime: LabRuntime): void {
  const path = logPath(id, runtime);
  rmSync(path, { force: true });
  rmSync(`${path}.old`, { force: true });
}

/**
 * How the agent starts programs inside a namespace: the fork happens on the main thread while it is in there, and
 * whatever is started dies with the agent and carries the lab's id, so that teardown finds all of it. By Node's own
 * spawn: a build runs many short tools, to each of which execa adds some 2 ms.
 */
import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import type { RunResult } from "./run-result.ts";
import { enterNetns, type NetnsHandle } from "../kernel/netns.ts";

/** The environment variable by which processes of a lab are found. */
export const LAB_ID_VARIABLE = "K8SNET_LAB_ID";
/** Output of a finished program is kept up to this size unless more is asked for, each of stdout and stderr. */
const OUTPUT_LIMIT = 1024 * 1024;
/** What lab processes inherit of the agent's environment: no secrets of the user who ran `up`. */
const INHERITED = ["HOME", "LANG", "LC_ALL", "TERM", "TMPDIR", "TZ", "USER", "LOGNAME"];

let labId = "";

/** Set once when the agent starts. */
export function setLabId(id: string): void {
  labId = id;
}

/** Unique to this agent. */
export function currentLabId(): string {
  return labId;
}

/** Environment of every program that runs in the lab: PATH, a few harmless variables, the lab's id. */
export function labEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const env: Record<string, string> = { PATH: searchPath() };
  for (const name of INHERITED) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return { ...env, ...extra, [LAB_ID_VARIABLE]: labId };
}

/** The caller's PATH with the folders of ip and iptables, which an ordinary user's PATH lacks on Debian. */
function searchPath(): string {
  const folders = (process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(":");
  for (const folder of ["/usr/local/sbin", "/usr/sbin", "/sbin"]) if (!folders.includes(folder)) folders.push(folder);
  return folders.join(":");
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** As node:child_process takes it; default: stdin ignored (a pipe with `input`), stdout and stderr pipes. */
  readonly stdio?: StdioOptions | undefined;
  readonly cwd?: string | undefined;
  /** Written to stdin, which is then closed. */
  readonly input?: string | undefined;
  /** Own session and process group, so that the whole group can be killed. */
  readonly detached?: boolean | undefined;
  /** `KILL` (default): dies with the agent. `none`: for short-lived tools, saves one exec. */
  readonly deathSignal?: "KILL" | "none" | undefined;
}

export type SpawnIn = (handle: NetnsHandle, argv: readonly string[], options?: SpawnOptions) => ChildProcess;

/**
 * Start a program in a namespace. A program that does not exist is reported by the `error` event or exit code 127.
 * PDEATHSIG belongs to the parent's thread: only the main thread may call this (see prctl(2)).
 */
export const spawnIn: SpawnIn = (handle, argv, options = {}) => {
  const [file, ...args] = options.deathSignal === "none" ? argv : ["setpriv", "--pdeathsig", "KILL", "--", ...argv];
  if (file === undefined) throw new Error("nothing to run: the argument list is empty");
  const child = enterNetns(handle, () =>
    spawn(file, args, {
      env: labEnvironment(options.env),
      cwd: options.cwd ?? "/",
      stdio: options.stdio ?? [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      detached: options.detached ?? false,
    }),
  );
  if (options.input !== undefined && child.stdin !== null) {
    child.stdin.on("error", () => {}); // EPIPE: the program ended without reading; its exit code is what matters
    child.stdin.end(options.input);
  }
  return child;
};

export interface RunInOptions extends Omit<SpawnOptions, "stdio" | "detached"> {
  /** Milliseconds; then the whole process group is killed. */
  readonly timeout: number;
  /** Bytes of stdout and of stderr that are kept; default 1 MiB. */
  readonly outputLimit?: number | undefined;
}

/** Run a program in a namespace to its end. Never rejects: a program that cannot be started has exit code 127. */
export function runIn(handle: NetnsHandle, argv: readonly string[], options: RunInOptions): Promise<RunResult> {
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = spawnIn(handle, argv, { ...options, detached: true });
    } catch (error) {
      resolve({ exitCode: 127, stdout: "", stderr: String(error), timedOut: false });
      return;
    }
    const stdout = collect(child.stdout, options.outputLimit);
    const stderr = collect(child.stderr, options.outputLimit);
    const isCut = (): boolean => stdout.isCut() || stderr.isCut();
    let timedOut = false;
    let ended = false;
    const end = (exitCode: number | null, signal: NodeJS.Signals | null, extra = ""): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      resolve({
        exitCode,
        ...(signal === null ? {} : { signal }),
        stdout: stdout.text(),
        stderr: stderr.text() + extra,
        timedOut,
        ...(isCut() ? { cut: true } : {}),
      });
    };
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child, "SIGKILL");
    }, options.timeout);
    child.on("error", (error) => end(127, null, error.message));
    // A grandchild that keeps the pipes open must not keep us waiting once the program itself has ended. What the program wrote
    // is in the pipes by now, but where the event loop was held up it has not been read when the timer fires: an immediate
    // comes after the loop's next look at the pipes.
    child.on("exit", (code, signal) => {
      clearTimeout(timer); // its group id may be reused from now on
      const grace = setTimeout(() => setImmediate(end, code, signal), 500);
      child.on("close", () => {
        clearTimeout(grace);
        end(code, signal);
      });
    });
  });
}

/** Kill a program that was started with `detached`, and all that it started and that stayed in its group. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    child.kill(signal);
  }
}

function collect(
  stream: NodeJS.ReadableStream | null,
  limit = OUTPUT_LIMIT,
): { readonly text: () => string; readonly isCut: () => boolean } {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on("data", (chunk: Buffer) => {
    if (size < limit) chunks.push(chunk.subarray(0, limit - size));
    size += chunk.length;
  });
  stream?.on("error", () => {});
  return { text: () => Buffer.concat(chunks).toString("utf8"), isCut: () => size > limit };
}

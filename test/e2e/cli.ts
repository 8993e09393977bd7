/** Runs the command line as a user does: its own process, what is built, a folder of its own. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { execa } from "execa";
import type { Subprocess } from "execa";

/** Built before the first test (built.ts): it starts in a third of the time that the sources take. */
export const MAIN = join(import.meta.dirname, "../../dist/k8snet-lab.js");
const LIMIT = 45_000;

export interface CliResult {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  readonly child: Pick<Subprocess, "pid" | "kill" | "stdout">;
  readonly result: Promise<CliResult>;
  /** Resolves once the text was printed on either stream. */
  printed(text: string): Promise<void>;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly input?: string;
  /** What to run it with: nsenter … */
  readonly prefix?: readonly string[];
  /** What is run: dist/k8snet-lab.js without it. */
  readonly main?: string;
  /** Milliseconds after which it is killed. */
  readonly limit?: number;
}

/** No CI and no colour variables of whoever runs the tests. */
function environment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: process.env["HOME"] ?? "/root",
    LANG: "C.UTF-8",
    K8SNET_LAB_CALLED: "k8snet-lab",
    NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? "",
    ...extra,
  };
}

export function startCli(args: readonly string[], options: CliOptions = {}): CliProcess {
  const [file, ...rest] = [...(options.prefix ?? []), process.execPath, options.main ?? MAIN, ...args];
  const child = execa(file ?? "", rest, {
    env: environment(options.env),
    extendEnv: false,
    input: options.input ?? "",
    stripFinalNewline: false,
    timeout: options.limit ?? LIMIT,
    reject: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  let stdout = "";
  let stderr = "";
  const watchers = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    for (const watcher of watchers) watcher();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    for (const watcher of watchers) watcher();
  });
  const result = child.then(({ exitCode: code, signal, stdout, stderr }) => ({ code, signal, stdout, stderr }));
  return {
    child,
    result,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!stdout.includes(text) && !stderr.includes(text)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
        void result.then((end) => reject(new Error(`ended without printing ${text}: ${JSON.stringify(end)}`)));
      }),
  };
}

export function cli(args: readonly string[], options?: CliOptions): Promise<CliResult> {
  return startCli(args, options).result;
}

/** What of a lab is on this host: namespaces by name, state folder, processes that carry its mark. */
export function tracesOf(lab: string): string[] {
  const namespaces = execFileSync("ip", ["netns", "list"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.startsWith(`${lab}.`));
  const state = execFileSync(
    "sh",
    ["-c", `ls -d /run/k8snet-lab/${lab} /run/k8snet-lab/${lab}.lock 2>/dev/null || true`],
    { encoding: "utf8" },
  )
    .split("\n")
    .filter((line) => line !== "");
  return [...namespaces, ...state];
}

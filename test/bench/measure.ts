/** What all benchmarks need: commands timed from start to end, labs in files, targets. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const cli = join(root, "dist/k8snet-lab.js");
export const shared = process.env["K8SNET_BENCH_SHARED"] ?? join(root, "../shared/bench");
export const quick = process.argv.includes("--quick");
const onlyAt = process.argv.indexOf("--only");
const only = onlyAt < 0 ? undefined : process.argv[onlyAt + 1]?.split(",");
export const folder = mkdtempSync(join(tmpdir(), "k8snet-bench-"));

interface Ran {
  readonly ms: number;
  readonly stdout: string;
}

export function run(file: string, args: readonly string[], allowed: readonly number[] = [0]): Ran {
  const begin = process.hrtime.bigint();
  const child = spawnSync(file, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 300_000,
    env: { ...process.env, CI: "" },
  });
  const ms = Number(process.hrtime.bigint() - begin) / 1e6;
  if (child.status === null || !allowed.includes(child.status))
    throw new Error(
      `${file} ${args.join(" ")}: exit ${child.status}\n${child.stdout.slice(-2000)}${child.stderr.slice(-2000)}`,
    );
  return { ms, stdout: child.stdout };
}

export const lab = (...args: string[]): Ran => run(process.execPath, [cli, ...args]);

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** What was not reached. */
export const missedTargets: string[] = [];

export function target(what: string, value: number, limit: number, unit: string, atLeast = false): void {
  const ok = atLeast ? value >= limit : value <= limit;
  if (!ok) missedTargets.push(what);
  console.log(
    `${ok ? "ok    " : "MISSED"} ${what}: ${value.toFixed(0)} ${unit} (${atLeast ? "at least" : "at most"} ${limit.toFixed(0)} ${unit})`,
  );
}

export function write(name: string, text: string): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  return file;
}

export function wanted(name: string): boolean {
  return only === undefined || only.includes(name);
}

/** What changes.ts prints, milliseconds. */
interface Changed {
  /** Medians: until packets go the new way, until the agent says that all is done. */
  readonly way: number;
  readonly reply: number;
  readonly best: number;
  readonly worst: number;
}

/** To and fro between two states of a lab that is up; `places` as changes.ts takes them. */
export function change(name: string, before: string, after: string, places: readonly string[]): Changed {
  const file = join(root, "test/bench/changes.ts");
  const { stdout } = run(process.execPath, [file, name, before, after, ...places, quick ? "3" : "10"]);
  return JSON.parse(stdout) as Changed;
}

/** What all benchmarks need: commands timed from start to end, labs in files, targets. */
import { spawn, spawnSync } from "node:child_process";
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

/** So many first runs of a command write its code cache (scripts/launcher.cjs). */
export const CACHE_WRITES = 3;

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

/** Milliseconds from the start of a program until it has written a line that begins so; it is let run to its end. */
export function untilLine(file: string, args: readonly string[], begins: RegExp): Promise<number> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    let at: number | undefined;
    let said = "";
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, CI: "" } });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (begins.test(said)) at ??= performance.now() - begin;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0 && at !== undefined) resolve(at);
      else reject(new Error(`${file} ${args.join(" ")}: exit ${code}\n${said.slice(-2000)}`));
    });
  });
}

export const lab = (...args: string[]): Ran => run(process.execPath, [cli, ...args]);

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** What was not reached. */
export const missedTargets: string[] = [];

/** For what does not depend on how fast the machine is. */
export function target(what: string, value: number, limit: number, unit: string, digits = 0): void {
  verdict(what, value <= limit, `${value.toFixed(digits)} ${unit} (at most ${limit.toFixed(digits)})`);
}

function verdict(what: string, ok: boolean, said: string): void {
  if (!ok) missedTargets.push(what);
  console.log(`${ok ? "ok    " : "MISSED"} ${what}: ${said}`);
}

/** Milliseconds of `node -e 0` on this machine as it is now: the measure of all times here, as 40 ms were when the limits were set. */
export function nodeStart(): number {
  return median(Array.from({ length: 7 }, () => run(process.execPath, ["-e", "0"]).ms));
}

/** `limit`: how many times as long as `node -e 0` it may take. */
export function timeTarget(what: string, ms: number, limit: number): void {
  const start = nodeStart();
  const said = `${ms.toFixed(ms < 10 ? 1 : 0)} ms = ${(ms / start).toFixed(2)} × node -e 0 (at most ${limit} ×; that took ${start.toFixed(0)} ms)`;
  verdict(what, ms <= limit * start, said);
}

/** 2 s for up to 1,000 pods, and for each 1,000 of more. */
export function diffTarget(what: string, ms: number, pods: number): void {
  timeTarget(`diff of ${what}`, ms, 50 * Math.max(1, pods / 1000));
}

/** `limit`: how many there must be while one `node -e 0` runs. */
export function rateTarget(what: string, perSecond: number, limit: number): void {
  const start = nodeStart();
  const count = (perSecond * start) / 1000;
  const said = `${perSecond.toFixed(0)}/s = ${count.toFixed(0)} for each node -e 0 (at least ${limit}; that took ${start.toFixed(0)} ms)`;
  verdict(what, count >= limit, said);
}

/** Times of one thing and of another, taken by turns: how many times as long, by the median of pairs. */
export function ratioTarget(
  what: string,
  ms: readonly number[],
  others: readonly number[],
  other: string,
  limit: number,
): void {
  const ratio = median(ms.map((one, i) => one / (others[i] ?? Number.NaN)));
  const said = `${median(ms).toFixed(0)} ms = ${ratio.toFixed(2)} × ${other} (at most ${limit} ×; that took ${median(others).toFixed(0)} ms)`;
  verdict(what, ratio <= limit, said);
}

/** As ratioTarget, for what other load on the machine disturbs more than it can be told by medians: the least of each counts. */
export function leastTarget(
  what: string,
  ms: readonly number[],
  others: readonly number[],
  other: string,
  limit: number,
): void {
  const [least, start] = [Math.min(...ms), Math.min(...others)];
  const ratio = least / start;
  const usual = median(ms.map((one, i) => one / (others[i] ?? Number.NaN)));
  const said = `${least.toFixed(0)} ms = ${ratio.toFixed(2)} × ${other} (at most ${limit} ×; that took ${start.toFixed(0)} ms; median ${usual.toFixed(2)} ×)`;
  verdict(what, ratio <= limit, said);
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

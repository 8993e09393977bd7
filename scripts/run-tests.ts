/**
 * Every check and test of this checkout: format, lint, import rules, words, types, dead code, unit and golden tests, kernel tests,
 * conformance tables, end-to-end tests, and that nothing is left on the machine. One closing line for all.
 *   run-tests.ts [STAGE…|fast|FILE…]   only these: format, lint, imports, words, types, dead-code, unit, kernel, conformance, e2e;
 *                                      fast: all stages without the long tests; or some test files
 *   --record FILE                      writes which files passed as a whole, without a skipped test, and which checks
 *   --without FILE                     leaves out what an earlier run on the same commit has recorded there, and counts it
 * As root tests run in lanes (scripts/lane), one more than there are processors, as tests wait at times; not beside those that do not.
 */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { runInLanes } from "./lane-queue.ts";
import { compareHost, OF_LABS, snapshotHost } from "./leftovers.ts";
import type { SuiteResult } from "./run-vitest.ts";
import { skipReason } from "./skip-reasons.ts";
import { isFast, makeJobs, STAGES, stageOf } from "./test-jobs.ts";
import type { Job, Stage } from "./test-jobs.ts";

const root = join(import.meta.dirname, "..");
const isRoot = process.getuid?.() === 0;
const isQuietSkip = process.env.K8SNET_NO_SKIP !== "1";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { record: { type: "string" }, without: { type: "string" } },
});
const earlier =
  options.without === undefined ? {} : (JSON.parse(readFileSync(options.without, "utf8")) as Record<string, number>);

/** The jobs that the command line asks for; ends with 2 when it cannot be understood. */
function wantedJobs(wanted: readonly string[]): readonly Job[] {
  const all = globSync("test/**/*.test.{ts,tsx}", { cwd: root }).toSorted();
  const make = (files: readonly string[], stages: readonly Stage[]): readonly Job[] =>
    makeJobs(
      files.filter((file) => !(file in earlier)),
      stages.filter((stage) => !(stage in earlier)),
    );
  if (wanted.length === 0) return make(all, STAGES);
  const stages = wanted.includes("fast") ? STAGES : STAGES.filter((stage) => wanted.includes(stage));
  const named = wanted.map((name) => relative(root, resolve(name))).filter((name) => all.includes(name));
  const unknown = wanted.filter(
    (name) =>
      name !== "fast" && !stages.some((stage) => stage === name) && !named.includes(relative(root, resolve(name))),
  );
  if (unknown.length > 0) {
    console.error(`no such stage or test file: ${unknown.join(", ")}; stages are ${STAGES.join(", ")}, fast`);
    process.exit(2);
  }
  const ofStages = all.filter((file) => stages.some((stage) => stage === stageOf(file)));
  const files = wanted.includes("fast") ? ofStages.filter((file) => isFast(file)) : ofStages;
  return make([...new Set([...files, ...named])], stages);
}

const jobs = wantedJobs(positionals);
if (isRoot) {
  const { failed, stderr } = await execa(join(root, "scripts/lane"), ["true"], { reject: false });
  if (failed) {
    console.error(`tests need mount, pid and network namespaces of their own, which cannot be created here: ${stderr}`);
    process.exit(3);
  }
}
// Not in /tmp, which lanes have for themselves.
const folder = mkdtempSync(join(root, "node_modules/.k8snet-lab-tests-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

let passed = Object.values(earlier).reduce((sum, count) => sum + count, 0);
/** File or check → its tests, where all of them passed. */
const whole: Record<string, number> = {};
const failed: string[] = [];
const skipped: string[] = [];
const durations: Record<string, number> = {};

/** How a job is started: a command directly, tests in a lane where we are root. */
function commandOf(job: Job, result: string): readonly string[] {
  if (job.argv !== undefined) return job.argv;
  const run = [process.execPath, join(import.meta.dirname, "run-vitest.ts"), result, ...job.files];
  if (!isRoot) return run;
  return [join(import.meta.dirname, "lane"), ...(job.machine === true ? ["--machine-network"] : []), ...run];
}

function readResult(job: Job, file: string): SuiteResult {
  if (job.argv !== undefined) return { passed: { [job.name]: 1 }, failed: [], skipped: [], durations: {} };
  try {
    return JSON.parse(readFileSync(file, "utf8")) as SuiteResult;
  } catch {
    return { passed: {}, failed: [`${job.files.join(", ")}: did not finish`], skipped: [], durations: {} };
  }
}

let runs = 0;

/** Runs a job and prints, when it is done, all that it said. */
async function run(job: Job): Promise<void> {
  const file = join(folder, `${runs++}.json`);
  const [command = "", ...args] = commandOf(job, file);
  const start = performance.now();
  const done = await execa(command, args, {
    cwd: root,
    stdin: "ignore",
    all: true,
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}` },
    timeout: job.limit * 1000,
    killSignal: "SIGKILL",
    reject: false,
  });
  const result = readResult(job, file);
  const broken = [...result.failed];
  if (done.timedOut) broken.push(`${job.name}: not done after ${job.limit} s, killed`);
  else if (done.failed && broken.length === 0)
    broken.push(job.argv === undefined ? `${job.name}: vitest failed` : job.name);
  failed.push(...broken);
  if (!done.failed || job.argv === undefined) for (const count of Object.values(result.passed)) passed += count;
  for (const test of result.skipped) {
    const reason = skipReason(test.name, test.note);
    if (reason !== undefined || isQuietSkip) skipped.push(`${test.name}: ${reason ?? test.note ?? "no reason given"}`);
    else failed.push(`${test.name}: skipped, ${test.note ?? "no reason given"}`);
  }
  if (broken.length === 0)
    for (const [name, count] of Object.entries(result.passed))
      if (!result.skipped.some((test) => test.name.startsWith(`${name} > `))) whole[name] = count;
  Object.assign(durations, result.durations);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const title = `${job.name}: ${broken.length === 0 ? "passed" : "FAILED"} after ${seconds} s`;
  console.log(process.env.GITHUB_ACTIONS === undefined ? `\n== ${title}` : `::group::${title}`);
  console.log(done.all);
  if (process.env.GITHUB_ACTIONS !== undefined) console.log("::endgroup::");
}

const before = await snapshotHost();
const processors = availableParallelism();
await runInLanes(jobs, isRoot ? processors + 1 : 1, run, isRoot ? processors : 1);
const left = compareHost(before, await snapshotHost(), isRoot ? OF_LABS : []);
if (left.length === 0) passed += 1;
else failed.push(...left.map((line) => `left on this machine: ${line}`));

const slowest = Object.entries(durations).toSorted(([, a], [, b]) => b - a);
if (process.env.K8SNET_TEST_DURATIONS !== undefined)
  for (const [file, ms] of slowest) console.log(`${(ms / 1000).toFixed(1)} s ${file}`);
console.log();
for (const line of skipped) console.log(`skipped: ${line}`);
for (const line of failed) console.log(`failed: ${line}`);
if (options.record !== undefined) writeFileSync(options.record, JSON.stringify(whole));
if (options.without !== undefined)
  console.log(`${Object.keys(earlier).length} files and checks passed in an earlier run, and are counted here`);
console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
process.exitCode = failed.length === 0 ? 0 : 1;

/**
 * All that must hold of this checkout, in the order of cost: format, lint, import rules, types, dead code, unit and
 * golden tests, kernel tests, conformance tables, end-to-end tests, and that nothing is left on the machine. One closing line for all.
 *   run-tests.ts [STAGE…]      only these: format, lint, imports, types, dead-code, unit, kernel, conformance, e2e
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { compareHost, snapshotHost } from "./leftovers.ts";
import type { HostSnapshot } from "./leftovers.ts";
import { isAllowedSkip, skipReason } from "./skip-reasons.ts";
import type { SuiteResult } from "./run-vitest.ts";

const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "k8snet-tests-"));

/** Checks of the sources: command lines below node_modules/.bin, or our own scripts. Each counts as one test. */
const CHECKS: readonly (readonly [name: string, ...argv: readonly string[]])[] = [
  ["format", "node_modules/.bin/oxfmt", "--check", "src", "test", "scripts"],
  ["lint", "node_modules/.bin/oxlint", "--deny-warnings"],
  ["imports", process.execPath, "scripts/check-imports.ts"],
  ["types", "node_modules/.bin/tsc"],
  ["dead-code", "node_modules/.bin/knip"],
];

/** Test projects and the seconds after which they hang (a busy machine takes several times what a quiet one does). */
const SUITES: readonly (readonly [name: string, seconds: number, ...projects: readonly string[]])[] = [
  ["unit", 300, "unit", "golden"],
  ["kernel", 900, "kernel"],
  ["conformance", 900, "conformance"],
  ["e2e", 1500, "e2e"],
];

function headline(text: string): void {
  console.log(process.env.GITHUB_ACTIONS === undefined ? `\n== ${text}` : `::endgroup::\n::group::${text}`);
}

/** Runs a command with our own output; true when it exits with 0 in time. */
async function run(argv: readonly string[], seconds: number): Promise<boolean> {
  const [command = "", ...args] = argv;
  const { failed, timedOut, exitCode, originalMessage } = await execa(command, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}` },
    timeout: seconds * 1000,
    killSignal: "SIGKILL",
    reject: false,
  });
  if (timedOut) console.log(`${argv.join(" ")}: not done after ${seconds} s, killed`);
  else if (failed && exitCode === undefined) console.log(`${argv.join(" ")}: ${originalMessage ?? "killed"}`);
  return !failed;
}

async function runSuite(name: string, seconds: number, projects: readonly string[]): Promise<SuiteResult> {
  const file = join(folder, `${projects.join("-")}.json`);
  const ok = await run([process.execPath, join(import.meta.dirname, "run-vitest.ts"), file, ...projects], seconds);
  let result: SuiteResult;
  try {
    result = JSON.parse(readFileSync(file, "utf8")) as SuiteResult;
  } catch {
    return { passed: 0, failed: [`${name}: did not come to its end`], skipped: [], unsteady: [] };
  }
  return ok || result.failed.length > 0 ? result : { ...result, failed: [`${name}: vitest failed`] };
}

const wanted = process.argv.slice(2);
const stages: readonly string[] = [...CHECKS, ...SUITES].map(([name]) => name);
const unknown = wanted.filter((name) => !stages.includes(name));
if (unknown.length > 0) {
  console.error(`no such stage: ${unknown.join(", ")}; there are ${stages.join(", ")}`);
  process.exit(2);
}
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);

/**
 * The first `ip netns add` of a machine's life, which tests do, mounts /run/netns onto itself (ip-netns(8)) and leaves it
 * so. k8snet-lab itself does not. Undone when it was not there before and nothing is in it.
 */
function undoNetnsMount(was: HostSnapshot): void {
  const isMounted = (mounts: readonly string[]): boolean => mounts.some((line) => line.endsWith(" /run/netns"));
  if (isMounted(was.mount ?? []) || !existsSync("/run/netns") || readdirSync("/run/netns").length > 0) return;
  spawnSync("umount", ["/run/netns"], { stdio: "ignore", timeout: 10_000 });
}

let passed = 0;
const failed: string[] = [];
const skipped: string[] = [];
const unsteady: string[] = [];
const before = await snapshotHost();

for (const [name, ...argv] of CHECKS) {
  if (!isWanted(name)) continue;
  headline(name);
  if (await run(argv, 120)) passed += 1;
  else failed.push(name);
}
for (const [name, seconds, ...projects] of SUITES) {
  if (!isWanted(name)) continue;
  headline(name);
  const result = await runSuite(name, seconds, projects);
  passed += result.passed;
  failed.push(...result.failed);
  unsteady.push(...result.unsteady);
  for (const test of result.skipped) {
    const reason = skipReason(test.name, test.note);
    if (isAllowedSkip(reason, process.env)) skipped.push(`${test.name}: ${reason}`);
    else failed.push(`${test.name}: skipped, reason ${reason === undefined ? "not given" : `not allowed: ${reason}`}`);
  }
}
headline("nothing is left");
undoNetnsMount(before);
const left = compareHost(before, await snapshotHost());
if (left.length === 0) passed += 1;
else failed.push(...left.map((line) => `left on this machine: ${line}`));
rmSync(folder, { recursive: true });

if (process.env.GITHUB_ACTIONS !== undefined) console.log("::endgroup::");
console.log();
for (const line of skipped) console.log(`skipped: ${line}`);
for (const line of unsteady) console.log(`second try needed: ${line}`);
for (const line of failed) console.log(`failed: ${line}`);
console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
process.exitCode = failed.length === 0 ? 0 : 1;

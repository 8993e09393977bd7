/**
 * Runs test files and writes what became of each test into a JSON file: run-vitest.ts RESULT FILE… In a lane (scripts/lane) what
 * they leave there is a failure as well.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { startVitest } from "vitest/node";
import type { Reporter, TestModule } from "vitest/node";
import { compareHost, snapshotHost } from "./leftovers.ts";

/** What run-vitest.ts writes for run-tests.ts. */
export interface SuiteResult {
  /** File → tests that passed. */
  readonly passed: Readonly<Record<string, number>>;
  /** Full names, with the file; and what was wrong. */
  readonly failed: readonly string[];
  readonly skipped: readonly { readonly name: string; readonly note: string | undefined }[];
  /** File → milliseconds. */
  readonly durations: Readonly<Record<string, number>>;
}

/** Characters of a message that the summary repeats. */
const MESSAGE = 1500;

/** `FILE > TEST` and its messages below, indented. */
function withMessages(name: string, errors: readonly { readonly message: string }[] | undefined): string {
  const text = stripVTControlCharacters((errors ?? []).map(({ message }) => message).join("\n")).trim();
  return text === "" ? name : `${name}\n${text.slice(0, MESSAGE).replaceAll(/^/gm, "    ")}`;
}

function summarize(modules: readonly TestModule[], unhandled: number): SuiteResult {
  const passed: Record<string, number> = {};
  const failed: string[] = [];
  const skipped: { name: string; note: string | undefined }[] = [];
  const durations: Record<string, number> = {};
  for (const testModule of modules) {
    const { duration, collectDuration } = testModule.diagnostic();
    durations[testModule.relativeModuleId] = Math.round(duration + collectDuration);
    for (const test of testModule.children.allTests()) {
      const result = test.result();
      const name = `${testModule.relativeModuleId} > ${test.fullName}`;
      if (result.state === "passed")
        passed[testModule.relativeModuleId] = (passed[testModule.relativeModuleId] ?? 0) + 1;
      else if (result.state === "skipped") skipped.push({ name, note: result.note });
      else failed.push(withMessages(name, result.errors));
    }
    // A file that does not load, or a hook that throws, is a failure without a test.
    if (testModule.errors().length > 0) failed.push(withMessages(testModule.relativeModuleId, testModule.errors()));
    for (const suite of testModule.children.allSuites()) {
      if (suite.errors().length > 0)
        failed.push(withMessages(`${testModule.relativeModuleId} > ${suite.fullName}`, suite.errors()));
    }
  }
  if (unhandled > 0) failed.push(`${unhandled} errors outside any test`);
  return { passed, failed, skipped, durations };
}

const [file, ...files] = process.argv.slice(2);
if (file === undefined || files.length === 0) throw new Error("usage: run-vitest.ts RESULT FILE…");
const root = join(import.meta.dirname, "..");
const before = existsSync("/run/k8snet-lab-lane") ? await snapshotHost() : undefined;
let result: SuiteResult = { passed: {}, failed: ["vitest did not finish"], skipped: [], durations: {} };
const collect: Reporter = {
  onTestRunEnd: (modules, unhandled) => {
    result = summarize(modules, unhandled.length);
  },
};
const vitest = await startVitest([...files], {
  config: join(root, "test/vitest.config.ts"),
  root,
  watch: false,
  passWithNoTests: false,
  maxWorkers: 1,
  reporters: ["default", collect],
});
await vitest.close();
// Mounts that the machine has lost in the meantime are gone there too.
const left =
  before === undefined
    ? []
    : compareHost(before, await snapshotHost()).filter((line) => !line.startsWith("mount gone: "));
const failed = [...result.failed, ...left.map((line) => `left by ${files.join(", ")}: ${line}`)];
writeFileSync(file, JSON.stringify({ ...result, failed }));
process.exit();

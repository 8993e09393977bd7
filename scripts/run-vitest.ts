/** Runs some of the vitest projects and writes what became of each test into a JSON file: run-vitest.ts FILE PROJECT… */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startVitest } from "vitest/node";
import type { Reporter, TestModule } from "vitest/node";

/** What run-vitest.ts leaves for run-tests.ts. */
export interface SuiteResult {
  readonly passed: number;
  /** Full names, with the file. */
  readonly failed: readonly string[];
  readonly skipped: readonly { readonly name: string; readonly note: string | undefined }[];
  /** Passed, but only at the second try: the name and what failed at the first. */
  readonly unsteady: readonly string[];
}

function summarize(modules: readonly TestModule[], unhandled: number): SuiteResult {
  let passed = 0;
  const failed: string[] = [];
  const skipped: { name: string; note: string | undefined }[] = [];
  const unsteady: string[] = [];
  for (const testModule of modules) {
    for (const test of testModule.children.allTests()) {
      const result = test.result();
      const name = `${testModule.relativeModuleId} > ${test.fullName}`;
      if (test.diagnostic()?.flaky === true)
        unsteady.push(`${name}: ${result.errors?.[0]?.message.split("\n")[0] ?? "failed"}`);
      if (result.state === "passed") passed += 1;
      else if (result.state === "skipped") skipped.push({ name, note: result.note });
      else failed.push(name);
    }
    // A file that does not load, or a hook that throws, is a failure without a test.
    if (testModule.errors().length > 0) failed.push(testModule.relativeModuleId);
    for (const suite of testModule.children.allSuites()) {
      if (suite.errors().length > 0) failed.push(`${testModule.relativeModuleId} > ${suite.fullName}`);
    }
  }
  if (unhandled > 0) failed.push(`${unhandled} errors outside of any test`);
  return { passed, failed, skipped, unsteady };
}

const [file, ...projects] = process.argv.slice(2);
if (file === undefined || projects.length === 0) throw new Error("usage: run-vitest.ts FILE PROJECT…");
const root = join(import.meta.dirname, "..");
const collect: Reporter = {
  onTestRunEnd: (modules, unhandled) => writeFileSync(file, JSON.stringify(summarize(modules, unhandled.length))),
};
const vitest = await startVitest([], {
  config: join(root, "test/vitest.config.ts"),
  root,
  project: projects,
  watch: false,
  passWithNoTests: false,
  reporters: ["default", collect],
});
await vitest.close();
process.exit();

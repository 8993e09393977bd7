/** The tables that need no lab: their tests are run by vitest, and counted by table. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** These ask labs, and have figures of their own. */
const ASKED: ReadonlySet<string> = new Set(["network-policy.test.ts", "random-policies.test.ts", "recipes.test.ts"]);
const ROOT = join(import.meta.dirname, "../..");
/** In a folder that lanes share. */
const REPORT = join(ROOT, ".node/conformance-tables.json");

export interface TableFigures {
  readonly title: string;
  readonly cases: number;
  readonly failed: readonly string[];
  readonly skipped: number;
}

/** Files of tests with tables: a new one is one line more. */
export const TABLE_FILES = readdirSync(import.meta.dirname).filter(
  (name) => name.endsWith(".test.ts") && !ASKED.has(name),
);

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly fullName: string;
      readonly status: string;
    }[];
  }[];
}

/** By the outermost title in the file. */
export function measureTables(file: string): readonly TableFigures[] {
  rmSync(REPORT, { force: true });
  const argv = ["vitest", "run", "--config", "test/vitest.config.ts", "--root", ".", "--project", "conformance", `test/conformance/${file}`, "--reporter=json", `--outputFile=${REPORT}`]; // prettier-ignore
  // A failed test ends it with 1; the report says which.
  spawnSync("npx", argv, { cwd: ROOT, stdio: "ignore" });
  const report = JSON.parse(readFileSync(REPORT, "utf8")) as Report;
  const all = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return [...Map.groupBy(all, ({ ancestorTitles }) => ancestorTitles.find((title) => title !== "") ?? file)].map(
    ([title, tests]) => ({
      title: `${file.replace(".test.ts", "")}: ${title}`,
      cases: tests.length,
      failed: tests.flatMap(({ status, fullName }) => (status === "failed" ? [fullName] : [])),
      skipped: tests.filter(({ status }) => status === "skipped" || status === "pending").length,
    }),
  );
}

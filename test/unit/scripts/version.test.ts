/** One version, wherever it is said. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageVersion } from "../../../src/agent/version.ts";

const root = join(import.meta.dirname, "../../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const { version, files } = JSON.parse(read("package.json")) as { version: string; files: readonly string[] };

test("the lock file and the program say the package's version", () => {
  const lock = JSON.parse(read("package-lock.json")) as {
    version: string;
    packages: Record<string, { version: string }>;
  };
  expect([lock.version, lock.packages[""]?.version, packageVersion()]).toEqual(Array(3).fill(version));
});

test("the changelog begins with it, each version has a date or is not released, and the package has it", () => {
  const headings = [...read("CHANGELOG.md").matchAll(/^## (.*)$/gm)].map(([, heading = ""]) => heading);
  expect(headings[0]).toMatch(new RegExp(`^${version.replaceAll(".", "\\.")} - `));
  for (const heading of headings) expect(heading).toMatch(/^\d+\.\d+\.\d+ - (?:\d{4}-\d\d-\d\d|Unreleased)$/);
  for (const heading of headings.slice(1)) expect(heading).not.toContain("Unreleased");
  expect(files).toContain("CHANGELOG.md");
});

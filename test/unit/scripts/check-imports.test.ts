/** The import rules hold for src, and the check that says so does find violations: some are planted here. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkImports, findImports } from "../../../scripts/check-imports.ts";
import { FOLDER_RULES } from "../../../scripts/import-rules.ts";

const src = join(import.meta.dirname, "../../../src");
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "k8snet-imports-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function plant(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

test("src keeps the import rules", () => {
  expect(checkImports(src)).toEqual([]);
});

describe("a planted violation is found", () => {
  test.each([
    ["cluster/x.ts", `import { a } from "../apply/a.ts";`, "cluster/ may not import apply/"],
    ["cluster/x.ts", `import {\n  a,\n  b,\n} from "../apply/a.ts";`, "cluster/ may not import apply/"],
    ["plan/x.ts", `export * from "../lab/a.ts";`, "plan/ may import only types of lab/ (import type)"],
    ["plan/x.ts", `import { type A } from "../lab/a.ts";`, "plan/ may import only types of lab/ (import type)"],
    ["plan/x.ts", `import { readFileSync } from "node:fs";`, "plan must stay pure: node:fs reaches the outside world"],
    ["plan/x.ts", `const fs = await import("node:fs");`, "plan must stay pure: node:fs reaches the outside world"],
    ["checks/x/resolve.ts", `import { b } from "node:fs";`, "checks must stay pure: node:fs reaches the outside world"],
    [
      "checks/x/check.ts",
      `import { run } from "./run.ts";`,
      "checks/x/run.ts is loaded by import() only, when a check runs",
    ],
    ["errors.ts", `import { a } from "./net/a.ts";`, "shared files import nothing but types, this loads net/"],
    [
      "cli/x.ts",
      `import { App } from "../tui/app.tsx";`,
      "cli/ may load tui/ only by import(), so that commands without it start fast",
    ],
    ["cli/x.ts", `import React from "react";`, "react belongs to tui/"],
    ["net/x.ts", `import "../../scripts/build.ts";`, "imports from outside src"],
    ["novel/x.ts", `import { a } from "../net/a.ts";`, "folder novel/ has no rule in scripts/import-rules.ts"],
    [
      "net/x.ts",
      `import { a } from "../secret.ts";`,
      "secret.ts is not one of the shared files (append.ts, cause.ts, counting.ts, errors.ts, events.ts, memo.ts, printable.ts)",
    ],
  ])("%s: %s", (file, text, message) => {
    plant(file, `/** Head. */\n${text}\n`);
    expect(checkImports(root)).toEqual([{ file, line: 2, message }]);
  });
});

describe("what is allowed is not reported", () => {
  test.each([
    ["cluster/x.ts", `import type { Resource } from "../resources/resource.ts";`],
    ["net/x.ts", `import { InputError } from "../errors.ts";`],
    ["net/x.ts", `import { Buffer } from "node:buffer";`],
    ["net/x.ts", `import { other } from "./other.ts";`],
    ["cli/x.ts", `const { start } = await import("../tui/start.tsx");`],
    ["cli/x.ts", `import type { Props } from "../tui/app.tsx";`],
    ["cli/x.ts", `import manifest from "../../package.json" with { type: "json" };`],
    ["plan/x.ts", `export const text = "../apply/a.ts";\n// import { a } from "../apply/a.ts"`],
  ])("%s: %s", (file, text) => {
    plant(file, `${text}\n`);
    expect(checkImports(root)).toEqual([]);
  });
});

test("the folders stand on floors: none imports one that comes later", () => {
  const folders = Object.keys(FOLDER_RULES);
  const climbs = Object.entries(FOLDER_RULES).flatMap(([folder, { values, types, lazy }]) =>
    [...values, ...types, ...lazy]
      .filter((other) => folders.indexOf(other) >= folders.indexOf(folder))
      .map((other) => `${folder} → ${other}`),
  );
  expect(climbs).toEqual([]);
});

test("an import's kind is what is left of it at run time", () => {
  const text = `import type { A } from "./a.ts";\nimport { b } from "./b.ts";\nawait import("./c.ts");\nlet d: typeof import("./d.ts");\nimport "./e.ts";\n`;
  expect(findImports(text).map(({ specifier, kind }) => `${specifier} ${kind}`)).toEqual([
    "./a.ts type",
    "./b.ts value",
    "./e.ts value",
    "./c.ts lazy",
    "./d.ts type",
  ]);
});

test("folders import each other in one direction", () => {
  for (const [name, rule] of Object.entries(FOLDER_RULES)) {
    for (const other of rule.values)
      expect(FOLDER_RULES[other]?.values ?? [], `${other}/ and ${name}/`).not.toContain(name);
  }
});

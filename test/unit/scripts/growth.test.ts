/**
 * One folder and one line: a dummy of each kind of thing that grows is added to a copy of the sources. The copy must pass the type
 * check and the import rules, and each dummy must work.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DUMMIES } from "./growth-dummies.ts";
import type { Dummy } from "./growth-dummies.ts";

const root = join(import.meta.dirname, "../../..");
const copy = mkdtempSync(join(tmpdir(), "k8snet-growth-"));

/** What it printed, mistakes included. */
function run(...argv: readonly string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, argv, { cwd: copy, encoding: "utf8" });
  return stdout + stderr;
}

function typeCheck(): string {
  return run("node_modules/typescript/bin/tsc", "--noEmit");
}

/** Adds a line to a list, and its import before the first import of the registry. */
function register({ registry, imports, after, line, generate }: Dummy): void {
  const file = join(copy, "src", registry);
  const text = readFileSync(file, "utf8");
  expect(text.split(after).length, `${registry} has "${after}" once`).toBe(2);
  const list = text.replace(after, `${after}${line}`);
  writeFileSync(file, imports === undefined ? list : list.replace(/^import /m, `${imports}\nimport `));
  if (generate !== undefined) expect(run(generate)).toBe("");
}

beforeAll(() => {
  for (const name of ["src", "scripts", "package.json"])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const { compilerOptions } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as {
    compilerOptions: object;
  };
  const incremental = { incremental: true, tsBuildInfoFile: "growth.tsbuildinfo" };
  writeFileSync(
    join(copy, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...compilerOptions, ...incremental }, include: ["src", "scripts"] }),
  );
  for (const dummy of DUMMIES) {
    for (const [file, text] of Object.entries(dummy.files)) {
      mkdirSync(dirname(join(copy, "src", file)), { recursive: true });
      writeFileSync(join(copy, "src", file), text);
    }
    register(dummy);
  }
});
afterAll(() => rmSync(copy, { recursive: true }));

test("types and import rules hold with all of them", { timeout: 120_000 }, () => {
  expect(typeCheck()).toBe("");
  expect(run("scripts/check-imports.ts")).toBe("");
});

test.each(DUMMIES.map((dummy) => [dummy.what, dummy] as const))("a new %s is one folder, and works", (_what, dummy) => {
  const files = Object.keys(dummy.files);
  expect(files.length === 1 || new Set(files.map((file) => dirname(file))).size === 1).toBe(true);
  const printed = run("--input-type=module", "-e", dummy.proof);
  expect(printed).toMatch(/^[[{].*[\]}]\n$/);
  expect(JSON.parse(printed)).toEqual(dummy.prints);
});

test("a folder that lacks a part does not compile", { timeout: 120_000 }, () => {
  rmSync(join(copy, "src/resources/alias/apply.ts"));
  rmSync(join(copy, "src/checks/dummy/run.ts"));
  const mistakes = typeCheck();
  expect(mistakes).toContain("alias/apply.ts");
  expect(mistakes).toContain("run.ts");
});

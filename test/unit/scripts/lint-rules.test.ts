/** The lint configuration finds what the design forbids: violations are planted and must be reported. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FOLDER_RULES } from "../../../scripts/import-rules.ts";

const root = join(import.meta.dirname, "../../..");
const PLANTED: readonly (readonly [file: string, text: string, rule: string])[] = [
  ["src/cluster/clock.ts", "export const now = () => Date.now();", "no-restricted-globals"],
  ["src/plan/env.ts", "export const home = process.env.HOME;", "no-restricted-globals"],
  ["src/resources/chance.ts", "export const dice = () => Math.random();", "no-restricted-properties"],
  ["src/capture/later.ts", "export const later = (f: () => void) => setTimeout(f, 1);", "no-restricted-globals"],
  ["src/apply/print.ts", 'console.log("done");', "no-console"],
  ["src/apply/long.ts", "export const x = [\n" + "  1,\n".repeat(300) + "];", "max-lines"],
  ["src/apply/any.ts", "export const x = (y: any) => y;", "no-explicit-any"],
  ["src/apply/a.ts", 'import { b } from "./b.ts";\nexport const a = () => b;', "no-cycle"],
  ["src/apply/b.ts", 'import { a } from "./a.ts";\nexport const b = () => a;', "no-cycle"],
  ["src/apply/floating.ts", "const f = async () => 1;\nf();\nexport {};", "no-floating-promises"],
];
const CLEAN: readonly (readonly [file: string, text: string])[] = [
  ["src/cli/print.ts", 'console.log("done");'],
  ["src/apply/clock.ts", "export const now = () => Date.now();"],
];

let folder: string;
let report: readonly { filename: string; code: string }[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "k8snet-lint-"));
  for (const file of [".oxlintrc.json", "tsconfig.json", "package.json"]) cpSync(join(root, file), join(folder, file));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const [file, text] of [...PLANTED, ...CLEAN]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${text}\n`);
  }
  const run = spawnSync(join(root, "node_modules/.bin/oxlint"), ["--format", "json", "src"], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}` },
  });
  report = (JSON.parse(run.stdout) as { diagnostics: typeof report }).diagnostics;
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(PLANTED)("%s is reported", (file, _text, rule) => {
  const codes = report.filter(({ filename }) => filename.endsWith(file)).map(({ code }) => code);
  expect(codes).toContainEqual(expect.stringContaining(`(${rule})`));
});

test.each(CLEAN)("%s is not", (file) => {
  expect(report.filter(({ filename }) => filename.endsWith(file))).toEqual([]);
});

describe("the folders that must stay pure", () => {
  test("are the same for the import rules and for lint", () => {
    const config = JSON.parse(readFileSync(join(root, ".oxlintrc.json"), "utf8")) as {
      overrides: { files: string[]; rules: Record<string, unknown> }[];
    };
    const linted = config.overrides.find(({ rules }) => "no-restricted-globals" in rules)?.files ?? [];
    const pure = Object.entries(FOLDER_RULES).filter(([, rule]) => rule.pure);
    expect([...linted].sort()).toEqual(pure.map(([name]) => `src/${name}/**`).sort());
  });
});

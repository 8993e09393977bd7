/** The lint configuration finds what the design forbids: violations are planted and must be reported. */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, matchesGlob } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FOLDER_RULES, PURE_FILES } from "../../../scripts/import-rules.ts";

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
  [
    "test/kernel/sleep.ts",
    'import { setTimeout as sleep } from "node:timers/promises";\nawait sleep(9);',
    "no-restricted-imports",
  ],
  ["test/e2e/later.ts", "await new Promise((resolve) => setTimeout(resolve, 9));", "no-restricted-globals"],
];
const CLEAN: readonly (readonly [file: string, text: string])[] = [
  ["src/cli/print.ts", 'console.log("done");'],
  ["src/apply/clock.ts", "export const now = () => Date.now();"],
  ["test/kernel/turn.ts", 'import { setImmediate as turn } from "node:timers/promises";\nawait turn();'],
  ["test/bench/idle.ts", 'import { setTimeout as sleep } from "node:timers/promises";\nawait sleep(9);'],
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
  const run = spawnSync(join(root, "node_modules/.bin/oxlint"), ["--format", "json", "src", "test"], {
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
    const linted = config.overrides.find(({ rules }) => "no-restricted-properties" in rules)?.files ?? [];
    const folders = Object.entries(FOLDER_RULES).flatMap(([name, rule]) => (rule.pure ? [`src/${name}/**`] : []));
    const ofKinds = globSync("src/**/*.ts", { cwd: root }).filter((file) => PURE_FILES.test(file.slice("src/".length)));
    expect(linted.filter((glob) => glob.endsWith("/**")).toSorted()).toEqual(folders.toSorted());
    expect(
      ofKinds.filter((file) => !linted.some((glob) => matchesGlob(file, glob))),
      "pure for the import rules alone",
    ).toEqual([]);
    const others = linted.filter((glob) => !glob.endsWith("/**"));
    expect(globSync(others, { cwd: root }).filter((file) => !ofKinds.includes(file))).toEqual([]);
  });
});

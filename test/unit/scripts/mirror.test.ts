/** test/unit mirrors src: a test is in the folder of the source that it tests, and has its name. */
import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

/** Tests of more than one source. */
const OF_NO_SINGLE_SOURCE: Readonly<Record<string, string>> = {
  "apply/old-journals": "one test for each journal that an earlier release left, kept beside it",
  "load/fuzz": "damaged labs through everything that loading does",
  "load/real-manifests": "published manifests through everything from loading to the plan",
  "tui/screen": "what the screen shows of a run: state, panes, keys and mouse together",
};

/** What is out of its place: folders without a source folder, tests without a source, entries of the list that are not needed. */
function misplaced(sources: readonly string[], files: readonly string[]): readonly string[] {
  const folders = new Set(sources.flatMap((source) => [dirname(source), dirname(dirname(source))]));
  const names = new Set(sources.map((source) => source.replace(/\.tsx?$/, "")));
  const tested = files.flatMap((file) => (/\.test\.tsx?$/.test(file) ? [file.replace(/\.test\.tsx?$/, "")] : []));
  return [
    ...files.flatMap((file) => (folders.has(dirname(file)) ? [] : [`${file}: src/${dirname(file)} does not exist`])),
    ...tested.flatMap((name) =>
      names.has(name) || name in OF_NO_SINGLE_SOURCE ? [] : [`${name}: src/${name}.ts does not exist`],
    ),
    ...Object.keys(OF_NO_SINGLE_SOURCE).flatMap((name) =>
      tested.includes(name) && !names.has(name) ? [] : [`${name}: listed in vain`],
    ),
  ];
}

const sources = globSync("**/*.{ts,tsx}", { cwd: join(root, "src") });
const tests = globSync("**/*.*", { cwd: join(root, "test/unit"), exclude: ["scripts/**"] });

test("each test is where its source is", () => {
  expect(tests.length).toBeGreaterThan(100);
  expect(misplaced(sources, tests)).toEqual([]);
});

test("a test elsewhere is found, whatever is wrong with it", () => {
  const wrong = ["model/lab.test.ts", "plan/unknown.test.ts", "apply/journals/a.jsonl"];
  expect(misplaced(sources, [...tests, ...wrong])).toEqual([
    "model/lab.test.ts: src/model does not exist",
    "apply/journals/a.jsonl: src/apply/journals does not exist",
    "model/lab: src/model/lab.ts does not exist",
    "plan/unknown: src/plan/unknown.ts does not exist",
  ]);
  expect(
    misplaced(
      sources,
      tests.filter((file) => !file.startsWith("load/fuzz")),
    ),
  ).toEqual(["load/fuzz: listed in vain"]);
});

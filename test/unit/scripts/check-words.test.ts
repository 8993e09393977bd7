/** The sources, pages and labs keep the word list, and the check that says so does find violations: some are planted here. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkText, checkWords } from "../../../scripts/check-words.ts";
import { sourceWords } from "../../../scripts/source-words.ts";
import { WORDS } from "../../../scripts/words.ts";

test("this checkout keeps the word list", () => {
  expect(checkWords(join(import.meta.dirname, "../../.."))).toEqual([]);
});

describe("a planted word is found", () => {
  const found = (file: string, text: string): string[] =>
    checkText(file, text).map(({ line, found: word }) => `${line}: ${word}`);

  test.each([
    ["src/a.ts", "// It tells the user.\n", ["1: tells"]],
    ["src/a.ts", "/**\n * Fine.\n * Nobody listens.\n */\n", ["3: Nobody"]],
    ["src/a.ts", 'const hint = "mend it, and start anew";\n', ["1: anew", "1: mend"]],
    [
      "src/a.ts",
      "const x = `\n${f(`nobody ${1}`)} is\nthere already: is there already`;\n",
      ["2: nobody", "3: is there already"],
    ],
    ["src/a.ts", "const x = y / 2; // it goes on / by itself\n", ["1: by itself", "1: goes on"]],
    ["src/a.ts", "/** Of a lab over several. */\n", ["1: over several", "1: * Of a"]],
    ["labs/a.yaml", "# so long as it runs\n", ["1: so long as"]],
    ["labs/docs/a.md", "fine\n\nThis is no cluster.\n", ["3: is no c"]],
    ["test/unit/a.test.ts", 'it.each([\n  [1],\n] as const)("%i tells", () => f("nobody is"));\n', ["3: tells"]],
    ["test/e2e/a.test.ts", "test.skipIf(x)(\n  `is mended${why}`,\n  f);\n", ["1: mended"]],
    ["scripts/set-up.sh", "# whoever runs it\n", ["1: whoever"]],
  ])("%s %j", (file, text, words) => {
    expect(found(file, text).sort()).toEqual([...words].sort());
  });

  test.each([
    ["code", "const tell = nobody ? anew : mend;\n"],
    ["a regular expression", "const x = /nobody tells/.test(y) ? 1 : 2;\n"],
    ["what a test has beside titles", "", "test/unit/a.test.ts", 'test("fine", () => f("so long as", 1)); // nobody\n'],
    ["a string of one word", 'const x = y["tell"]; import "./strangers.ts";\n'],
    [
      "plain English",
      "// There is no server that is no longer needed. It goes on the wire, and is no more than a word.\n",
    ],
    ["a name in a lab", "", "labs/a.yaml", "- { from: pod/stranger, tcp: svc/nobody:80 }\n"],
  ])("but not in %s", (_, source, file = "src/a.ts", text = source) => {
    expect(found(file, text)).toEqual([]);
  });

  test("in a checkout, with file, line and suggestion; elsewhere than in its sources, pages, labs and titles of tests it is not looked for", () => {
    const root = mkdtempSync(join(tmpdir(), "k8snet-words-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    for (const [file, text] of [
      ["src/cli/x.ts", "\n// mended\n"],
      ["labs/x.yaml", "# fine\n# unasked\n"],
      ["README.md", "somebody\n"],
      ["test/unit/x.test.ts", "// somebody\ntest('fine', f);\ntest(\"is told so\", f);\n"],
      ["test/wait.ts", "// somebody\n"],
      ["src/x.txt", "somebody\n"],
    ] as const) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    for (const folder of ["scripts", ".github"]) mkdirSync(join(root, folder));
    expect(checkWords(root)).toMatchObject([
      { file: "README.md", line: 1, found: "somebody" },
      { file: "labs/x.yaml", line: 2, found: "unasked" },
      { file: "src/cli/x.ts", line: 2, found: "mended", instead: "fix, repair" },
      { file: "test/unit/x.test.ts", line: 3, found: "told" },
    ]);
  });
});

test("every word has a suggestion", () => {
  for (const { instead } of WORDS) expect(instead).not.toBe("");
});

test("strings and comments are read with their lines", () => {
  const source = "const a = \"one\";\n/* two\n * three */ const b = `four ${c('five')}\nsix`; // seven\n";
  expect(sourceWords(source).map(({ kind, line, text }) => `${kind} ${line} ${text.trim()}`)).toEqual([
    "string 1 one",
    "comment 2 two",
    "comment 3 * three",
    "string 3 five",
    "string 3 four ${}",
    "string 4 six",
    "comment 4 seven",
  ]);
});

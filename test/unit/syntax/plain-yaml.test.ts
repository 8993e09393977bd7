/** What is read plainly is what the yaml package reads: the same values at the same places, or it is left to the package. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { readPlain } from "../../../src/syntax/plain-yaml.ts";
import { parseStream } from "../../../src/syntax/yaml-stream.ts";
import type { StreamDocument } from "../../../src/syntax/yaml-stream.ts";

const labs = join(import.meta.dirname, "../../../labs");
const files = readdirSync(labs)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => readFileSync(join(labs, name), "utf8"));

/** The same documents; the mark at the end has the package read all of them. */
function byPackage(text: string): ReturnType<typeof parseStream> {
  return parseStream(`${text}${text.endsWith("\n") ? "" : "\n"}...\n`, "lab.yaml");
}

function paths(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [path, [...path, "none"]];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([key, child]) => paths(child, [...path, key]))];
}

function places({ value, locate }: StreamDocument): unknown {
  const found = paths(value).map((path) => [path.join("."), locate(path), locate(path, "value")]);
  return { value, found };
}

function agree(text: string): void {
  if (/^(?:%|\.\.\.)/m.test(text)) return; // another mark of that kind is another stream
  const whole = byPackage(text);
  const read = parseStream(text, "lab.yaml");
  expect(read.diagnostics.length > 0).toBe(whole.diagnostics.length > 0);
  if (whole.diagnostics.length === 0) expect(read.documents.map(places)).toEqual(whole.documents.map(places));
}

const scalar = fc.oneof(
  fc.constantFrom("web", "10.0.0.0/8", "fd00::1", "1.5", "0x10", "1e3", "no", "Yes", "null", "~", "true", "", "a: b"),
  fc.constantFrom("# x", "a #b", "a # b", "'", '"', "it's", "{", "- a", "-1", "80", "007", "a:", ":a", "é", "\t", "&a"),
  fc.string({ maxLength: 8 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const key = fc.oneof(
  fc.constantFrom("app", "app.kubernetes.io/name", "80", "true", "<<", "__proto__", "a b"),
  fc.string(),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(key, tie("tree"), { maxKeys: 3 }),
  ),
}));
const written = fc
  .record({
    value: fc.array(fc.dictionary(key, tree, { minKeys: 1, maxKeys: 4 }), { minLength: 1, maxLength: 3 }),
    collectionStyle: fc.constantFrom("any" as const, "block" as const, "flow" as const),
    indentSeq: fc.boolean(),
  })
  .map(({ value, ...style }) => value.map((one) => stringify(one, { ...style, lineWidth: 0 })).join("---\n"));

test("the labs", () => {
  for (const text of files) agree(text);
});

test("most documents of the labs are plain", () => {
  const documents = files.flatMap((text) => text.split(/^---.*\n/m)).filter((text) => text.trim() !== "");
  const plain = documents.filter((text) => readPlain(text, 0) !== undefined);
  expect(plain.length / documents.length).toBeGreaterThan(0.8);
});

test("whatever values, in block and flow style", () => {
  fc.assert(fc.property(written, agree), { numRuns: 200, seed: 1 });
});

/** Lines as people write them, and as they should not. */
const words = fc.constantFrom(
  "",
  "x",
  "x y",
  "'it''s'",
  '"a\\nb"',
  '"\\u00e9"',
  "|",
  ">-",
  "|+",
  "|2",
  "{}",
  "[]",
  "{a: 1}",
  "[a, b]",
  "[a,",
  "]",
  "# c",
  "x # c",
  "x #c",
  "x#c",
  "- a",
  "-1",
  "~",
  "null",
  "80",
  "1e3",
  "*x",
  "&x y",
  "!t x",
  "a: b",
  "a:",
  "yes",
  "http://a/b?c=d",
  "'a' b",
  "[a: b]",
  '{"a":1, "b": [1,2]}',
  "[-1]",
  "? x",
  ":x",
  "[a:b]",
  '["a":b]',
  "{a: x y , b: z}",
  "'",
  "a\\",
  "[a,]",
  "{a:}",
  "'a:' : b",
  "kind: x",
  "on: x",
);
const line = fc
  .record({
    indent: fc.constantFrom("", "", "  ", "  ", "    ", " "),
    mark: fc.constantFrom("", "a: ", "b: ", "b:c:", "'q': ", "80: ", "x y: ", "- ", "-", "- a: ", "- - ", "- b:  "),
    word: words,
    end: fc.constantFrom("", "", " ", "\n", "\n# a: b", "\n  # c"),
  })
  .map(({ indent, mark, word, end }) => `${indent}${mark}${word}${end}\n`);

test("lines that chance puts together", () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), (lines) => agree(lines.join(""))),
    { numRuns: 1000, seed: 1 },
  );
}, 60_000);

test("texts with a slip in them", () => {
  const slips = fc.constantFrom(
    "",
    " ",
    "  ",
    "\n",
    ":",
    ": ",
    "#",
    " #",
    "-",
    "- ",
    "'",
    '"',
    "{",
    "}",
    "[",
    ",",
    "|",
    "&a ",
    "*a",
    "\t",
    "---\n",
    "!",
    "%",
    "?",
  );
  const sources = fc.oneof(
    written,
    fc.constantFrom(...files).map((text) => text.slice(0, 600)),
  );
  fc.assert(
    fc.property(sources, slips, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(3), (text, slip, where, cut) => {
      const at = Math.floor(where * text.length);
      // A line that ends: the package takes a quote that is open at the very end for closed, or not, by what follows.
      agree(`${text.slice(0, at)}${slip}${text.slice(at + cut)}\n`);
    }),
    { numRuns: 500, seed: 1 },
  );
});

test.each([
  "a: |\n  x\n    y\n\n\n  z  \n\nb: 1\n",
  "a: |-\n  x\n# no\nb: |\n  # yes\n",
  "a: |\n\n  x\n",
  "a: |\n  x",
  "a:\n- b\n- c: 1\n  d: [e, {f: g}, 'h']\ne: {}\n",
  "a: b\n  c\n",
  "a:\n  b: 1\n c: 2\n",
  "a: 'it''s'\n",
  'a: "x\\n"\n',
  "- - a\n",
  "a: [b,\n  c]\n",
  "a: {b}\n",
  "# only\n---\n# comments\n--- # here\na: on # off\n",
  "{ a: 1, b: [no, y] }\n",
  "a: b # c\nd: e#f\n",
  "a:   b   \nc:\n    d:  e\n",
  "\n\n  a: 1\n  b: 2\n",
])("%j", agree);

test("a byte order mark and line ends of Windows change nothing", () => {
  for (const text of files) {
    const { documents } = parseStream(text, "lab.yaml");
    const other = parseStream(`\uFEFF${text.replaceAll("\n", "\r\n")}`, "lab.yaml");
    expect(other.documents.map(places)).toEqual(documents.map(places));
  }
});

test.each([
  [
    "alone",
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: x\nspec: {\nstatus: *no\n",
  ],
  [
    "kind last, a tab, other letters",
    "apiVersion: apiextensions.k8s.io/v1\nspec:\n  a: \t[\n  b: \u2028\nmetadata:\n  name: x\nkind: CustomResourceDefinition\n",
  ],
])("what a CustomResourceDefinition specifies is not read: %s", (_, text) => {
  const { documents, diagnostics } = parseStream(`a: 1\n---\n${text}---\nb: 2\n`, "crds.yaml");
  expect(diagnostics).toEqual([]);
  expect(documents.map(({ value }) => value)).toEqual([
    { a: 1 },
    { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata: { name: "x" } },
    { b: 2 },
  ]);
});

test("in a List too, and what comes behind it is at its place", () => {
  const crd =
    "- apiVersion: apiextensions.k8s.io/v1\n  kind: CustomResourceDefinition\n  spec:\n    - *no\n  status:\n  - *no\n";
  const { documents } = parseStream(`kind: List\nitems:\n${crd}- kind: Pod\n`, "list.yaml");
  expect(documents[0]?.value).toMatchObject({ items: [{ kind: "CustomResourceDefinition" }, { kind: "Pod" }] });
  expect(documents[0]?.locate(["items", 1, "kind"])).toMatchObject({ line: 9, column: 3 });
});

test("places of maps and lists with many entries", () => {
  const keys = Array.from({ length: 60 }, (_, i) => `key${i}: { a: [${i}] }\n"quoted.${i}": 'x'`);
  agree(`${keys.join("\n")}\nlist:\n${"- { b: 1 }\n".repeat(40)}`);
});

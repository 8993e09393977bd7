/** Odd documents, and what kubectl reads in them: asked of sigs.k8s.io/yaml v1.6.0 by YAMLToJSON. */
import { expect, test } from "vitest";
import { parseStream } from "../../../src/syntax/yaml-stream.ts";

/** What is read of each document, or the first mistake. */
function read(text: string): unknown {
  const { documents, diagnostics } = parseStream(text, "m.yaml");
  const mistakes = diagnostics.filter(({ severity }) => severity === "error");
  if (mistakes.length > 1) return mistakes.map(({ message }) => message);
  return mistakes.length === 1 ? mistakes[0]?.message.slice(0, 4) : documents.map(({ value }) => value);
}

test.each([
  ["a key twice", "a: 1\na: 2\n", { a: 2 }],
  [
    "booleans",
    "a: yes\nb: No\nc: on\nd: OFF\ne: y\nf: n\ng: True\nh: TRUE\ni: yEs",
    { a: true, b: false, c: true, d: false, e: true, f: false, g: true, h: true, i: "yEs" },
  ],
  [
    "numbers",
    "a: 0644\nb: 0o644\nc: 010\nd: 08\ne: 0b101\nf: 0x1F\ng: 1_000\nh: 1e3\ni: .5\nj: -0644\nk: +12\nl: 1.\nm: 089",
    { a: 420, b: 420, c: 8, d: 8, e: 5, f: 31, g: 1000, h: 1000, i: 0.5, j: -420, k: 12, l: 1, m: 89 },
  ],
  ["in flow style", "{a: yes, b: [0644, off, n]}", { a: true, b: [420, false, false] }],
  [
    "no sexagesimal numbers, no dates",
    "a: 1:30\nb: 22:22:22\nc: 2001-12-14",
    { a: "1:30", b: "22:22:22", c: "2001-12-14" },
  ],
  ["quoted words", "a: \"yes\"\nb: '0644'\nc: !!str 010", { a: "yes", b: "0644", c: "010" }],
  ["nothing", "a: ~\nb: Null\nc:", { a: null, b: null, c: null }],
  [
    "merge keys",
    "x: &a {p: 1}\nz: &b {p: 2, r: 3}\nw:\n  <<: [*a, *b]\n",
    { x: { p: 1 }, z: { p: 2, r: 3 }, w: { p: 1, r: 3 } },
  ],
  ["brackets that close at their key", "a:\n  b: {\n  x: 1\n  }\n  c: 1\n", { a: { b: { x: 1 }, c: 1 } }],
  ["brackets left of their key", "a:\n  b: [\n1,\n2\n]\n  c: 1\n", { a: { b: [1, 2], c: 1 } }],
  ["brackets at the top", 'a: [\n"x, ]\ny",\n2\n]\nb: 1\n', { a: ["x, ] y", 2], b: 1 }],
  ["brackets in a list", "a:\n- b: {\n  x: 1\n  }\n- c\n", { a: [{ b: { x: 1 } }, "c"] }],
  ["brackets with comments", "a: [\n1, # c ]\n2\n]\nb: 1\n", { a: [1, 2], b: 1 }],
  ["plain text in brackets", "a: {\nb: c\n d,\ne: f\n}\n", { a: { b: "c d", e: "f" } }],
  ["tabs in brackets", 'a: {\n\t"x": 1,\n\t"y": 2\n}\n', { a: { x: 1, y: 2 } }],
  ["JSON with tabs", '{\n\t"a": 1,\n\t"b": [\n\t\t1\n\t]\n}\n', { a: 1, b: [1] }],
  ["double quotes at their key", 'a:\n  b: "x\n  y"\n  c: 1\n', { a: { b: "x y", c: 1 } }],
  ["double quotes left of their key", 'a:\n  b: "x\ny\n"\n  c: 1\n', { a: { b: "x y ", c: 1 } }],
  ["double quotes over an empty line", 'a:\n  b: "x\n\n"\n  c: 1\n', { a: { b: "x\n", c: 1 } }],
  ["single quotes", "a:\n  b: 'it''s\nx\n'\n", { a: { b: "it's x " } }],
  ["a line that goes on", 'a: "x \\\n   y"\n', { a: "x y" }],
  ["beside block text that looks alike", 'a: |\n  b: "x\n  y\nc: [\n1\n]\n', { a: 'b: "x\ny\n', c: [1] }],
  ["a list at its key", "a:\n- b\n- c\nd: 1\n", { a: ["b", "c"], d: 1 }],
  ["tabs behind values", "a: 1\t\nb:\t2\n", { a: 1, b: 2 }],
  ["a byte order mark", "\ufeffa: 1\n", { a: 1 }],
  ["CRLF", 'a: 1\r\nb:\r\n  c: "x\r\n  y"\r\n', { a: 1, b: { c: "x y" } }],
  ["a colon, a hash and a backslash", "a: b#c\nd: C:\\x\ne: {x:1}", { a: "b#c", d: "C:\\x", e: { "x:1": null } }],
])("%s", (_, text, value) => expect(read(text)).toEqual([value]));

test("documents: empty ones, comments, ends", () => {
  expect(read("--- # c\na: 1\n---\n---\n# only\n---\nb: 1\n...\n---\nc: 1\n")).toEqual([{ a: 1 }, { b: 1 }, { c: 1 }]);
});

test.each([
  ["two colons", "a: b: c\n"],
  ["an at sign", "a: @b\n"],
  ["an escape that is none", 'a: "\\d"\n'],
  ["a tab before a key", "a:\n\tb: 1\n"],
  ["a line too far left", "a:\n  b: x\n  y\n"],
  ["an item too far left", "a:\n  - b\n - c\n"],
  ["a quote that stays open", 'a: "x\nb: 1\nc: 2\n'],
  ["a bracket that stays open", "a: [1, 2\nb: 1\nc: { d: 2\n"],
])("%s is one mistake", (_, text) => expect(read(text)).toBe("YAML"));

test("positions count without the spaces that were put in", () => {
  const { documents } = parseStream('a:\n  b: [\n1,\n{ x: 2 }\n]\n  c: "x\ny"\n  d: 4\n', "m.yaml");
  const at = (...path: (string | number)[]): string => {
    const source = documents[0]?.locate(path, "value");
    return `${source?.line}:${source?.column}`;
  };
  expect([at("a", "b"), at("a", "b", 0), at("a", "b", 1, "x"), at("a", "c"), at("a", "d")]).toEqual([
    "2:6",
    "3:1",
    "4:6",
    "6:6",
    "8:6",
  ]);
});

test.each([
  [
    "block",
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\nspec:\n  {{- toYaml .Values.spec | nindent 2 }}\n",
    4,
  ],
  [
    "around",
    '{{- if .Values.x }}\napiVersion: v1\nkind: Pod\nmetadata: { name: "a" }\n{{- end }}\n---\n{{ include "a.b" . }}\n',
    1,
  ],
])("a Helm template is one message: %s", (_, text, line) => {
  const { diagnostics } = parseStream(text, "m.yaml");
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]?.message).toMatch(
    new RegExp(`^line ${line} contains a template \\(\\{\\{.*: it must be rendered first$`),
  );
});

test("templates in text are text", () => {
  expect(read("data:\n  a: '{{ .Values.x }}'\n  b: |\n    {{ if .x }}\n")).toEqual([
    { data: { a: "{{ .Values.x }}", b: "{{ if .x }}\n" } },
  ]);
});

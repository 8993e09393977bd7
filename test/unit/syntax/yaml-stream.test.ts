import { describe, expect, test } from "vitest";
import { diagnose, hints, lab } from "../load/diagnose.ts";
import { parseStream } from "../../../src/syntax/yaml-stream.ts";

describe("positions", () => {
  const text = "a: 1\nb:\n  - { c: x, d: [p, q] }\n  - &z { e: 5 }\nf: *z\n---\ng: 7\n";
  const [first, second] = parseStream(text, "f.yaml").documents;

  test.each([
    [["b", 0, "d", 1], "key", 3, 20],
    [["b", 0, "d"], "key", 3, 13],
    [["b", 0, "d"], "value", 3, 16],
    [["b", 1, "e"], "value", 4, 13],
    [["f", "e"], "key", 4, 10],
    [["b", 0, "nothing"], "key", 3, 5],
    [["b", 9], "key", 3, 3],
    [["nothing", "at", "all"], "key", 1, 1],
  ] as const)("%j (%s) is at %i:%i", (path, part, line, column) => {
    expect(first?.locate(path, part)).toEqual({ file: "f.yaml", line, column });
  });

  test("further documents count lines from the file's start", () => {
    expect(second?.locate(["g"], "value")).toEqual({ file: "f.yaml", line: 7, column: 4 });
  });

  test("JSON objects may follow each other without a mark", () => {
    const { documents, diagnostics } = parseStream('{\n  "a": [{},\n{}]\n}\n\n{ "b": 1 }\n{ "c": 2 }\n', "f.json");
    expect(documents.map(({ value }) => value)).toEqual([{ a: [{}, {}] }, { b: 1 }, { c: 2 }]);
    expect(documents[2]?.locate(["c"], "value")).toEqual({ file: "f.json", line: 7, column: 8 });
    expect(diagnostics).toEqual([]);
  });

  test("also on one line; braces in texts are none", () => {
    const { documents, diagnostics } = parseStream('{"a":"}{","b":"\\"}{"}{"c":{}} {"d":[{}, {}]}\n', "f.json");
    expect(documents.map(({ value }) => value)).toEqual([{ a: "}{", b: '"}{' }, { c: {} }, { d: [{}, {}] }]);
    expect(documents[2]?.locate(["d"], "key")).toEqual({ file: "f.json", line: 1, column: 32 });
    expect(diagnostics).toEqual([]);
  });
});

describe("mistakes of the YAML itself", () => {
  test("a duplicate key, in the lab and in a manifest", () => {
    expect(diagnose(`${lab("  topology: { nodes: { a: } }\n  topology: { }")}\n---\nkind: Pod\nkind: Pod\n`)).toEqual(
      expect.arrayContaining([
        '6:3 duplicate key "topology"',
        '9:1 warning: duplicate key "kind": this one is used, as kubectl does',
      ]),
    );
  });

  test("a tab", () => {
    const text = lab("  topology:\n\tnodes: {}");
    expect(diagnose(text).some((line) => line.startsWith("6:1 YAML:"))).toBe(true);
    expect(hints(text)).toContain("YAML is indented with spaces, never with tabs");
  });

  test("merge keys and anchors work as kubectl takes them", () => {
    const { documents } = parseStream("x: &x { a: 1, b: 2 }\ny: { <<: *x, b: 3 }\n", "f");
    expect(documents[0]?.value).toEqual({ x: { a: 1, b: 2 }, y: { a: 1, b: 3 } });
  });

  test("an alias bomb is refused before it expands", () => {
    let text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (let i = 1; i < 12; i++)
      text += `a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(", ")}]\n`;
    expect(diagnose(text)).toContain("1:1 the document is too large: aliases expand to more than 100000 values");
  });

  test("an alias inside of what it repeats", () => {
    expect(diagnose("a: &a [ *a ]\n")).toContain("1:9 alias *a is inside what it repeats");
  });

  test.each([
    ["[".repeat(100_000), "nested"],
    [`${"{a: ".repeat(70)}1${"}".repeat(70)}`, "nested deeper than 60 levels"],
    ["a: ".repeat(3), "Nested mappings"],
    ["\0binary", "NUL"],
    ["", "the file is empty"],
    ["# only a comment\n---\n---\n", "the file is empty"],
    ["just text", "not a lab file"],
    ["- a\n- b", "not a lab file"],
    ["__proto__: { polluted: true }", '"__proto__" is not allowed'],
    ["? [a, b]\n: c", "a key must be plain text"],
    ["a: !!js/function x", "Unresolved tag"],
  ])("%.30j is refused", (text, message) => {
    expect(diagnose(text).join("\n")).toContain(message);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("what is neither a Lab nor a manifest is one mistake", () => {
    expect(diagnose("a: 1\n")).toEqual(["1:1 not a lab file: the first document is not of kind Lab"]);
  });

  test("10 MB with a mistake are refused at once, with its place", () => {
    expect(diagnose("k: v\n".repeat(2_000_000)).join("\n")).toMatch(/^2:1 YAML: a document of 10.0 million characters/);
  }, 60_000);

  test("kubectl takes an unquoted yes for true", () => {
    const text = `${lab("  cluster: { nodes: [node1] }")}\n---\napiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { containers: [ { name: c, env: [ { name: A, value: yes } ] } ] }\n`;
    expect(diagnose(text)).toEqual([
      '10:59 Pod "p": spec.containers[0].env[0].value: expected text, got a boolean true',
    ]);
    expect(diagnose(text.replace("value: yes", 'value: "yes"'))).toEqual([]);
  });
});

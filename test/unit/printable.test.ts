import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OutputGuard, printable, printableJson, printableLines } from "../../src/printable.ts";

/** All of Unicode's control and format characters that hide, turn or move text; the short list is kept by hand, from UAX #9 and ECMA-48. */
const UNSEEN = [
  ..."\u0000\u0007\u0008\u001b\u007f\u0085\u009b\u009d\u061c\u200b\u200e\u200f\u202a\u202e\u2066\u2069\ufeff",
];

describe("printable", () => {
  test("control, C1 and bidi characters and line breaks are shown as JSON writes them", () => {
    expect(printable("a\u001b[31mred\r\n\t\u009b2J\u202Ertl")).toBe("a\\u001b[31mred\\r\\n\\t\\u009b2J\\u202ertl");
    for (const char of UNSEEN) expect(printable(`a${char}b`)).toMatch(/^a\\u[0-9a-f]{4}b$/);
  });

  test("names of all scripts and emoji stay as they are", () => {
    for (const text of ["zażółć", "日本語", "👩‍💻 ✓ → …", "a\\b"]) expect(printable(text)).toBe(text);
  });

  test("of several lines only the lines stay", () => {
    expect(printableLines("a\r\nb\rc\u2028d\te")).toBe("a\nb\\rc\\u2028d\te");
  });

  test("JSON says the same afterwards", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printableJson(`##[error]${text}`)).not.toContain("##[");
        expect(JSON.parse(printableJson({ [text]: text }, 2))).toEqual({ [text]: text });
      }),
    );
  });
});

describe("OutputGuard", () => {
  /** As actions/runner reads a line: TrimStart, then `::`; `##[` anywhere. */
  const commands = (output: string): readonly string[] =>
    output.split(/\r\n|\r|\n/).filter((line) => line.trimStart().startsWith("::") || line.includes("##["));

  test("nothing that is written becomes a command of the CI system", () => {
    const guard = new OutputGuard(false);
    const written = [
      "::error::x\n",
      "a\n  ::stop-commands::x\n\t\u00a0::add-mask::y\n",
      "    ",
      "::warning::after blanks of another write\n",
      "text ::notice:: within a line stays\n",
      "\r::debug::r\n",
      "##[error]x ##vso[task.setvariable variable=a]b ##teamcity[x]\n",
      "\n\n",
      "::group::x\n",
    ];
    const output = written.map((text) => guard.clean(text)).join("");
    expect(commands(output)).toEqual([]);
    expect(output).toContain("text ::notice:: within a line stays");
    expect(output).toContain("\n\\u003a:group::x\n");
  });

  test("whatever the pieces are", () => {
    const piece = fc.constantFrom("::", ":", " ", "\n", "\r", "a", "##[", "\u001b[31m", "\u2028", "\u00a0", "x::y");
    fc.assert(
      fc.property(fc.array(fc.array(piece).map((parts) => `${parts.join("")}|`)), fc.boolean(), (writes, color) => {
        const guard = new OutputGuard(color);
        const output = writes.map((text) => guard.clean(text)).join("");
        expect(commands(output.replaceAll("\u001b[31m", ""))).toEqual([]);
        expect(color ? output.replaceAll("\u001b[31m", "") : output).toMatch(
          /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$/,
        );
      }),
    );
  });

  test("a command is one with our colours in it, too", () => {
    expect(new OutputGuard(true).clean(":\u001b[31m:error::x")).toBe("\\u003a\u001b[31m:error::x");
    expect(new OutputGuard(true).clean("a #\u001b[31m#[error]x")).toBe("a #\u001b[31m\\u0023[error]x");
  });

  test("our colours stay where there are colours, other sequences never", () => {
    const text = "\u001b[31mred\u001b[39m \u001b[2J\u001b]0;x\u0007";
    expect(new OutputGuard(true).clean(text)).toBe("\u001b[31mred\u001b[39m \\u001b[2J\\u001b]0;x\\u0007");
    expect(new OutputGuard(false).clean(text)).toBe("\\u001b[31mred\\u001b[39m \\u001b[2J\\u001b]0;x\\u0007");
  });
});

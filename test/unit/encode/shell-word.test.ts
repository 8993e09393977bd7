import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commentText, shellLine, shellWord } from "../../../src/encode/shell-word.ts";

describe("shellWord", () => {
  it("is one word to a real shell, whatever is in it", () => {
    const nasty = [
      "",
      "a b",
      "'",
      "''",
      '"',
      "$(touch /tmp/owned)",
      "`id`",
      "\\",
      "a\nb",
      "-n",
      "~",
      "*",
      "!x",
      "#c",
      "a;b",
      "&&",
      "\t",
      "ü€",
    ];
    const random = fc
      .sample(fc.string({ unit: "binary-ascii", maxLength: 30 }), { numRuns: 300, seed: 7 })
      .filter((text) => !text.includes("\0"));
    const words = [...nasty, ...random];
    const script = words.map((word) => `printf '%s\\0' ${shellWord(word)}`).join("\n");
    expect(execFileSync("sh", ["-c", script], { encoding: "utf8", maxBuffer: 1e7 }).split("\0").slice(0, -1)).toEqual(
      words,
    );
  });

  it("leaves plain words as people write them", () => {
    expect(shellLine("ip", "-n", "lab.node1", "addr", "add", "fd00::1/64", "dev", "eth0", undefined)).toBe(
      "ip -n lab.node1 addr add fd00::1/64 dev eth0",
    );
  });
});

describe("commentText", () => {
  it("stays on its line", () => {
    expect(commentText("labs/a\nrm -rf /\r\u2028x")).toBe("labs/a\\x0arm -rf /\\x0d\\x2028x");
  });
});

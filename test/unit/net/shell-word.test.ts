import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shellLine, shellWord } from "../../../src/net/shell-word.ts";

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
      "a\u001b[31mb\r\nc\u009b2J\u202e%d\\n",
      "\u0007\u0007\n",
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

  it("shows no control character and no change of direction", () => {
    expect(shellWord("a\u001b]0;x\u0007\u202e")).toBe(
      `'a'"$(printf '\\033')"']0;x'"$(printf '\\007')""$(printf '\\342\\200\\256')"`,
    );
  });

  it("leaves plain words as people write them", () => {
    expect(shellLine("ip", "-n", "lab.node1", "addr", "add", "fd00::1/64", "dev", "eth0", undefined)).toBe(
      "ip -n lab.node1 addr add fd00::1/64 dev eth0",
    );
  });
});

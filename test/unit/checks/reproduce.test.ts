import { expect, test } from "vitest";
import { shellQuote } from "../../../src/checks/reproduce.ts";

test.each([
  ["plain/word-1.2:3", "plain/word-1.2:3"],
  ["two words", "'two words'"],
  ["$(reboot)", "'$(reboot)'"],
  ["it's", "'it'\\''s'"],
  ["", "''"],
])("shell word %s", (word, quoted) => {
  expect(shellQuote(word)).toBe(quoted);
});

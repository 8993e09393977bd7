import { expect, test } from "vitest";
import { textMatches } from "../../../src/checks/text-match.ts";

test("texts are contained, or match an expression", () => {
  expect(textMatches("hello world", "lo wo")).toBe(true);
  expect(textMatches("hello\nWORLD", "/^world$/im")).toBe(true);
  expect(textMatches("a/b/c", "/b/c")).toBe(true);
  expect(textMatches("hello", "/^ello/")).toBe(false);
});

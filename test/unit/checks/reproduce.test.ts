import { expect, test } from "vitest";
import { execCommand } from "../../../src/checks/reproduce.ts";
import type { Lab } from "../../../src/lab/lab.ts";

test.each([
  ["plain/word-1.2:3", "plain/word-1.2:3"],
  ["two words", "'two words'"],
  ["$(reboot)", "'$(reboot)'"],
  ["it's", "'it'\\''s'"],
  ["", "''"],
])("shell word %s", (word, quoted) => {
  expect(execCommand({ name: "lab" } as Lab, { ns: "node1" }, [word])).toBe(`k8snet-lab exec lab node1 -- ${quoted}`);
});

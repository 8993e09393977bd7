import { expect, test } from "vitest";
import { shortened } from "../../../src/apply/shortened.ts";

const rules = (count: number): string[] => Array.from({ length: count }, (_, index) => `add rule ip t c ${index}`);

test("a short command stays as it is", () => {
  const command = ["nft -f - <<'END'", ...rules(10), "END"].join("\n");
  expect(shortened(command, "no")).toBe(command);
});

test("a long one shows where it begins and ends, and what was refused", () => {
  const command = ["nft -f - <<'END'", ...rules(1000), "END"].join("\n");
  const said = "Error: Could not process rule: No such file or directory\nadd rule ip t c 500\n^^^^";
  expect(shortened(command, said).split("\n")).toEqual([
    "nft -f - <<'END'",
    "add rule ip t c 0",
    "add rule ip t c 1",
    "… 498 lines (all of it: k8snet-lab plan --script)",
    "add rule ip t c 500",
    "… 497 lines (all of it: k8snet-lab plan --script)",
    "add rule ip t c 998",
    "add rule ip t c 999",
    "END",
  ]);
});

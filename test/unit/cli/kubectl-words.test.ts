import { expect, test } from "vitest";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { FOREIGN_WORDS, kubectlHint } from "../../../src/cli/kubectl-words.ts";

test("no command of ours is taken for another tool's", () => {
  expect(FOREIGN_WORDS.filter((word) => COMMANDS.has(word))).toEqual([]);
  for (const name of COMMANDS.keys()) expect(kubectlHint([name, "overlay"])).toBeUndefined();
});

test("other tools' words name the command that does it here", () => {
  expect(kubectlHint(["traceroute", "x"])).toContain("k8snet-lab trace LAB");
  expect(kubectlHint(["describe", "pod", "web"])).toContain("k8snet-lab inspect LAB pod/NAME");
});

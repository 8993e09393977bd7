/** Fixed waits are in these files only; lint (no-restricted-globals, no-restricted-imports) keeps them from being written otherwise. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

/** Why there is nothing to wait for. */
const PAUSES: Readonly<Record<string, string>> = {
  "test/e2e/kill.test.ts": "kills at moments spread over a run, to meet whatever is done then",
  "test/kernel/cni-taken-back.test.ts": "a pod that goes serves for a while, and nothing says that it has done so",
  "test/kernel/kill.test.ts": "the same for the agent alone",
  "test/unit/agent/silence.test.ts": "an agent that is slow to answer",
  "test/unit/checks/retry.test.ts": "a lab that settles late",
  "test/unit/engine/silence.test.ts": "that no ping is sent while none is needed",
};

test("who waits for a fixed time is known", () => {
  const files = globSync("test/**/*.{ts,tsx}", { cwd: root, exclude: ["test/wait.ts", "test/unit/scripts/**"] });
  const pausing = files.filter((file) =>
    /\bpause\b.*from "[./]*wait\.ts"/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(pausing.toSorted()).toEqual(Object.keys(PAUSES).toSorted());
});

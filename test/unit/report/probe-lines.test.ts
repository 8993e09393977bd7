import { expect, test } from "vitest";
import type { CheckResult } from "../../../src/events.ts";
import { makePaint } from "../../../src/report/color.ts";
import { Watch } from "../../../src/report/probe-lines.ts";

const result = (status: "passed" | "failed"): CheckResult => ({
  name: "a → b tcp",
  kind: "tcp",
  source: { file: "x", line: 1, column: 1 },
  status,
  expected: "open",
  got: status === "passed" ? "open" : "timeout",
  attempts: [],
  ms: 1,
  expectedToFail: false,
});
const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));

test("a watch prints only what changes, and how long it was otherwise", () => {
  const watch = new Watch(makePaint(false));
  const line = (status: "passed" | "failed", seconds: number): string =>
    watch.look(result(status), at(seconds)) ? watch.lineOf(result(status)) : "";
  expect(line("passed", 0)).toMatch(/^\d\d:\d\d:00.000 ✓ a → b tcp: open {2}1 ms\n$/);
  expect(line("passed", 1)).toBe("");
  expect(line("failed", 2)).toContain(":02.000 fails after 2.00 s: ✗ a → b tcp");
  expect(watch.isBroken).toBe(true);
  expect(line("passed", 5)).toContain("works again after 3.00 s: ✓");
  expect(watch.isBroken).toBe(false);
  expect(watch.summary()).toBe("3 of 4 attempts as expected, 2 changes\n");
});

import { expect, test } from "vitest";
import { aheadOf } from "../../../src/workflow/start-gate.ts";

const self = { pid: 50, startTime: 1000, waits: true };

test("those that start are before us; of those that wait, only the older ones", () => {
  const starts = { pid: 90, startTime: 2000, waits: false };
  const older = { pid: 80, startTime: 900, waits: true };
  const younger = { pid: 10, startTime: 1001, waits: true };
  expect(aheadOf(self, [self, starts, older, younger])).toEqual([starts, older]);
});

test("of two that are as old as each other, the lower pid is first", () => {
  const lower = { pid: 49, startTime: 1000, waits: true };
  const higher = { pid: 51, startTime: 1000, waits: true };
  expect(aheadOf(self, [lower, higher])).toEqual([lower]);
});

import { expect, test } from "vitest";
import type { CheckResult } from "../../../src/events.ts";
import { ResultOrder } from "../../../src/report/result-order.ts";

function done(index: number, previous?: number): Parameters<ResultOrder["add"]>[0] {
  return { type: "check-done", index, previous, result: { name: `${index}` } as CheckResult };
}

test("results are printed in the order of the file, each as soon as those before it are there", () => {
  const printed: string[] = [];
  const order = new ResultOrder(({ name }) => printed.push(name));
  order.add(done(2, 1));
  expect(printed).toEqual([]);
  order.add(done(0));
  expect(printed).toEqual(["0"]);
  order.add(done(1, 0));
  expect(printed).toEqual(["0", "1", "2"]);
});

test("what waits for a check that never ends comes at the end; then another run begins", () => {
  const printed: string[] = [];
  const order = new ResultOrder(({ name }) => printed.push(name));
  order.add(done(3, 2));
  order.add(done(1, 0));
  order.flush();
  expect(printed).toEqual(["1", "3"]);
  order.add(done(0));
  expect(printed).toEqual(["1", "3", "0"]);
});

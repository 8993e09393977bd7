import { expect, test } from "vitest";
import type { Condition } from "../../../src/services/watch/protocol.ts";
import { isActedUpon, withConditions } from "../../../src/live/conditions.ts";
import { UNTOUCHED } from "../../../src/kube/workload/live-state.ts";

const pod = (name: string, ok: boolean, decided = true): Condition => ({ subject: { kind: "pod", name }, ok, decided });
const node = (name: string, ok: boolean, decided = true): Condition => ({
  subject: { kind: "node", name },
  ok,
  decided,
});

test("a pod is ready when all of its probes have passed, and not before each has reported", () => {
  expect(withConditions(UNTOUCHED, [pod("a", true), pod("a", false, false)])).toBe(UNTOUCHED);
  const ready = withConditions(UNTOUCHED, [pod("a", true), pod("a", true)]);
  expect(ready.probed).toEqual({ a: true });
  expect(withConditions(ready, [pod("a", true), pod("a", true)])).toBe(ready);
  expect(withConditions(ready, [pod("a", true), pod("a", false)]).probed).toEqual({ a: false });
});

test("what was known stays while a new agent has not looked yet", () => {
  const known = { ...UNTOUCHED, probed: { a: true }, nodesDown: ["node1"] };
  expect(withConditions(known, [pod("a", false, false), node("node1", true, false)])).toBe(known);
});

test("nodes go down and come back", () => {
  const down = withConditions(UNTOUCHED, [node("node2", false), node("node1", true)]);
  expect(down.nodesDown).toEqual(["node2"]);
  expect(withConditions(down, [node("node2", true), node("node1", true)]).nodesDown).toEqual([]);
});

test("what a probe has said is acted upon when the live state has it", () => {
  const said = [pod("a", true), pod("b", false)];
  expect(isActedUpon(UNTOUCHED, [pod("a", true, false)])).toBe(false);
  expect(isActedUpon(UNTOUCHED, said)).toBe(false);
  expect(isActedUpon(withConditions(UNTOUCHED, said), said)).toBe(true);
});

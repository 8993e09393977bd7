import { expect, test } from "vitest";
import { fenceposts, rolledOut, rolloutStep } from "../../../../src/kube/deployment/rollout.ts";
import type { DeploymentStrategy } from "../../../../src/kube/deployment/rollout.ts";
import type { SetStatus } from "../../../../src/kube/workload/replicas.ts";

const rolling = (
  maxSurge: number | string,
  maxUnavailable: number | string,
): DeploymentStrategy & { type: "RollingUpdate" } => ({
  type: "RollingUpdate",
  maxSurge,
  maxUnavailable,
});
const set = (replicas: number, available = replicas, terminating = 0): SetStatus => ({
  replicas,
  pods: replicas,
  available,
  terminating,
});

test("surge is rounded up, unavailable down, and both are never zero", () => {
  expect(fenceposts(rolling("25%", "25%"), 3)).toEqual({ surge: 1, unavailable: 0 });
  expect(fenceposts(rolling("25%", "25%"), 10)).toEqual({ surge: 3, unavailable: 2 });
  expect(fenceposts(rolling(0, "10%"), 3)).toEqual({ surge: 0, unavailable: 1 });
});

/** Lets every new pod get ready at once and every old one go, and writes down [old, new] after each step. */
function wholeRollout(strategy: DeploymentStrategy, replicas: number): [number, number][] {
  let old = set(replicas);
  let fresh = set(0);
  const seen: [number, number][] = [];
  for (let i = 0; i < 30 && !rolledOut(replicas, [old, fresh]); i++) {
    const [o = 0, f = 0] = rolloutStep(strategy, replicas, [old, fresh]);
    old = set(o);
    fresh = set(f);
    seen.push([o, f]);
  }
  return seen;
}

test("25% and 25% of 3: one more, never one less", () => {
  expect(wholeRollout(rolling("25%", "25%"), 3)).toEqual([
    [3, 1],
    [2, 1],
    [2, 2],
    [1, 2],
    [1, 3],
    [0, 3],
  ]);
});

test("maxUnavailable without surge takes pods away first", () => {
  expect(wholeRollout(rolling(0, 2), 4)).toEqual([
    [2, 0],
    [2, 2],
    [0, 2],
    [0, 4],
  ]);
});

test("old pods stay while the new ones are not ready", () => {
  expect(rolloutStep(rolling(1, 0), 3, [set(3), { ...set(1), available: 0 }])).toEqual([3, 1]);
});

test("old pods that are not ready go first", () => {
  expect(rolloutStep(rolling(1, 1), 3, [set(3, 2), set(1, 0)])).toEqual([2, 1]);
});

test("Recreate waits until the last old pod is gone", () => {
  expect(rolloutStep({ type: "Recreate" }, 3, [set(3), set(0)])).toEqual([0, 0]);
  expect(rolloutStep({ type: "Recreate" }, 3, [set(0, 0, 2), set(0)])).toEqual([0, 0]);
  expect(rolloutStep({ type: "Recreate" }, 3, [set(0), set(0)])).toEqual([0, 3]);
});

test("without an old set the newest has what is asked for", () => {
  expect(rolloutStep(rolling(1, 1), 5, [set(3)])).toEqual([5]);
});

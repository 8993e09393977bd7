import { expect, test } from "vitest";
import { NodePortPool } from "../../../../src/kube/service/node-port-pool.ts";

test("node ports up to 30085 are not assigned automatically while there are others", () => {
  const pool = new NodePortPool();
  const got = Array.from({ length: 2768 }, (_, i) => pool.next(`s${i}`) ?? 0);
  expect(Math.min(...got.slice(0, 2682))).toBe(30_086);
  expect(new Set(got).size).toBe(2768);
  expect(pool.next("more")).toBeUndefined();
});

import { describe, expect, test } from "vitest";
import { parseAddress, parsePrefix } from "../../../../src/net/address.ts";
import { ClusterIpPool, NodePortPool } from "../../../../src/kube/service/service-pool.ts";

describe("pools", () => {
  test("the lower band of the range is given out last, and never twice", () => {
    const range = parsePrefix("10.0.0.0/27");
    if (range === undefined) throw new TypeError("range");
    const pool = new ClusterIpPool(range);
    const got = Array.from({ length: 30 }, (_, i) => pool.next(`ns/s${i}`));
    expect(new Set(got).size).toBe(30);
    expect(got).not.toContain(undefined);
    const last = (text: string | undefined): number => Number(text?.split(".")[3]);
    expect(got.slice(0, 14).every((text) => last(text) > 16)).toBe(true);
    expect(pool.next("ns/more")).toBeUndefined();
    expect(pool.reserve(parseAddress("10.0.0.5") ?? range, "x")).toMatchObject({
      message: "provided IP is already allocated",
    });
  });

  test("node ports up to 30085 are not assigned automatically while there are others", () => {
    const pool = new NodePortPool();
    const got = Array.from({ length: 2768 }, (_, i) => pool.next(`s${i}`) ?? 0);
    expect(Math.min(...got.slice(0, 2682))).toBe(30_086);
    expect(new Set(got).size).toBe(2768);
    expect(pool.next("more")).toBeUndefined();
  });
});

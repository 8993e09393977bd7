import { expect, test } from "vitest";
import { parseAddress, parsePrefix } from "../../../../src/net/address.ts";
import { ClusterIpPool } from "../../../../src/kube/service/cluster-ip-pool.ts";

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

/** ipamd's arithmetic, by the examples of docs/eni-and-ip-target.md and docs/prefix-and-ip-target.md of the original. */
import { describe, expect, it } from "vitest";
import { isEniTooMany, isTooLow, surplus, targetState, wanted } from "../../../../../src/cluster/cni/vpc/warm-pool.ts";
import type { PoolShape, PoolStats } from "../../../../../src/cluster/cni/vpc/warm-pool.ts";

const shape = (more: Partial<PoolShape["targets"]>, prefixes = false): PoolShape => ({
  targets: { eni: 1, prefix: 1, ...more },
  prefixes,
  slots: 9,
  maxPods: 110,
});
const stats = (total: number, assigned: number, freePrefixes = 0): PoolStats => ({ total, assigned, freePrefixes });

describe("WARM_ENI_TARGET", () => {
  it("keeps a whole ENI free", () => {
    expect(isTooLow(shape({}), stats(9, 0))).toBe(false);
    expect(isTooLow(shape({}), stats(9, 1))).toBe(true);
    expect(wanted(shape({}), stats(9, 1))).toBe(9);
    expect(isEniTooMany(shape({}), stats(27, 10))).toBe(false);
    expect(isEniTooMany(shape({}), stats(27, 9))).toBe(true);
  });

  it("of 0 waits until nothing is free", () => {
    expect(isTooLow(shape({ eni: 0 }), stats(9, 8))).toBe(false);
    expect(isTooLow(shape({ eni: 0 }), stats(9, 9))).toBe(true);
  });

  it("asks for no more than pods that the node takes", () => {
    expect(isTooLow({ ...shape({}), maxPods: 29 }, stats(36, 30))).toBe(false);
  });
});

describe("WARM_IP_TARGET and MINIMUM_IP_TARGET", () => {
  it("count addresses", () => {
    expect(targetState(shape({ ip: 5 }), stats(10, 7))).toEqual({ short: 2, over: 0 });
    expect(targetState(shape({ ip: 2 }), stats(10, 3))).toEqual({ short: 0, over: 5 });
    expect(targetState(shape({ ip: 2, minimum: 8 }), stats(10, 3))).toEqual({ short: 0, over: 2 });
    expect(targetState(shape({ minimum: 8 }), stats(3, 3))).toEqual({ short: 5, over: 0 });
    expect(targetState(shape({}), stats(9, 0))).toBeUndefined();
    expect(wanted(shape({ ip: 20 }), stats(9, 9))).toBe(9);
    expect(surplus(shape({}), stats(27, 0))).toBe(0);
  });
});

describe("prefixes", () => {
  it("are kept free as a whole", () => {
    expect(isTooLow(shape({}, true), stats(16, 0, 1))).toBe(false);
    expect(isTooLow(shape({}, true), stats(16, 1, 0))).toBe(true);
    expect(wanted(shape({}, true), stats(16, 1, 0))).toBe(1);
    expect(surplus(shape({}, true), stats(48, 1, 2))).toBe(1);
  });

  it("are counted for addresses", () => {
    expect(targetState(shape({ ip: 5 }, true), stats(16, 12))).toEqual({ short: 1, over: 0 });
    expect(targetState(shape({ ip: 16 }, true), stats(32, 1, 1))).toEqual({ short: 0, over: 0 });
    expect(targetState(shape({ ip: 1 }, true), stats(48, 1, 2))).toEqual({ short: 0, over: 2 });
    expect(wanted(shape({ minimum: 40 }, true), stats(0, 0))).toBe(3);
  });
});

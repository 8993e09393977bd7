import { describe, expect, it } from "vitest";
import { chiSquare, chiSquareLimit } from "../../../../src/checks/service/chi-square.ts";

describe("chi-square", () => {
  it("is nothing for equal counts", () => expect(chiSquare([100, 100, 100])).toBe(0));

  it("measures the distance from equal shares", () => expect(chiSquare([60, 40])).toBe(4));

  // Quantiles of the distribution at 0.999999 (NIST handbook 1.3.6.7.4 gives 0.999: 10.828, 13.816).
  it.each([
    [1, 23.93],
    [2, 27.63],
    [9, 44.81],
  ])("limit for %i degrees of freedom is %f, or a little more lenient", (freedom, quantile) => {
    expect(chiSquareLimit(freedom) / quantile).toBeGreaterThan(0.99);
    expect(chiSquareLimit(freedom) / quantile).toBeLessThan(1.16);
  });

  it("finds the classic mistake of probability 0.5 in every rule", () => {
    expect(chiSquare([150, 75, 75])).toBeGreaterThan(chiSquareLimit(2));
  });
});

/** How far counts may be from equal shares before chance no longer explains it: Pearson's chi-square test. */

/** One false alarm in a million samples: the standard normal quantile of 0.999999. */
const QUANTILE = 4.753;

/** Sum of (observed - expected)² / expected over all endpoints, each expected equally often. */
export function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Largest value that chance explains, for a number of degrees of freedom (Wilson and Hilferty's approximation, 1931). */
export function chiSquareLimit(freedom: number): number {
  const width = 2 / (9 * freedom);
  return freedom * (1 - width + QUANTILE * Math.sqrt(width)) ** 3;
}

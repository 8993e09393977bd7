/** What a relay decides: shares, times, and always the same for a seed. */
import { expect, test } from "vitest";
import { randomOf } from "../../../../src/net/seeded-random.ts";
import { corrupted, impair } from "../../../../src/services/relay/impairment.ts";
import { DueQueue } from "../../../../src/services/relay/due-queue.ts";

const NOTHING = { delay: 0, jitter: 0, loss: 0, corrupt: 0, duplicate: 0, reorder: 0, seed: 1 };

test("a seed decides for each packet; shares are what was asked for", () => {
  const fate = (seed: number): unknown[] => {
    const random = randomOf(seed);
    return Array.from({ length: 1000 }, () =>
      impair({ ...NOTHING, delay: 20, jitter: 5, loss: 10, corrupt: 20, duplicate: 5, reorder: 25 }, random),
    );
  };
  expect(fate(7)).toEqual(fate(7));
  expect(fate(8)).not.toEqual(fate(7));
  const random = randomOf(3);
  const count = (settings: Partial<typeof NOTHING>, hit: (copies: ReturnType<typeof impair>) => boolean): number =>
    Array.from({ length: 10_000 }, () => impair({ ...NOTHING, ...settings }, random)).filter(hit).length / 100;
  expect(count({ loss: 10 }, ({ length }) => length === 0)).toBeCloseTo(10, -0.5);
  expect(count({ duplicate: 30 }, ({ length }) => length === 2)).toBeCloseTo(30, -0.5);
  expect(count({ corrupt: 50 }, ([one]) => one?.corruptAt !== undefined)).toBeCloseTo(50, -0.5);
  expect(count({ delay: 5, reorder: 25 }, ([one]) => one?.after === 0)).toBeCloseTo(25, -0.5);
  const late = Array.from({ length: 1000 }, () => impair({ ...NOTHING, delay: 20, jitter: 5 }, random)[0]?.after ?? 0);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(15);
  expect(Math.max(...late)).toBeLessThanOrEqual(25);
  expect(new Set(late).size).toBeGreaterThan(900);
  expect(impair({ ...NOTHING, loss: 100 }, random)).toEqual([]);
  expect(impair({ ...NOTHING, loss: 100, duplicate: 100 }, random)).toHaveLength(1);
});

test("one bit is changed, behind the MAC addresses", () => {
  const frame = new Uint8Array(60);
  for (const where of [0, 0.3, 0.999999]) {
    const changed = corrupted(frame, where);
    const bits = [...changed].map((byte) => byte.toString(2).replaceAll("0", "").length);
    expect(bits.reduce((sum, one) => sum + one)).toBe(1);
    expect(bits.slice(0, 12)).toEqual(Array.from({ length: 12 }, () => 0));
  }
});

test("what is due first leaves first, and what is due together in its order", () => {
  const queue = new DueQueue<number>();
  expect([queue.nextDue, queue.take()]).toEqual([Infinity, undefined]);
  const random = randomOf(5);
  const due = Array.from({ length: 500 }, () => Math.floor(random() * 50));
  for (const [index, time] of due.entries()) queue.add(time, index);
  const sorted = [...due.entries()].toSorted(([i, a], [j, b]) => a - b || i - j).map(([index]) => index);
  expect(queue.size).toBe(500);
  expect(sorted.map(() => queue.take())).toEqual(sorted);
  expect(queue.size).toBe(0);
});

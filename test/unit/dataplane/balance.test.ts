import { expect, test } from "vitest";
import { Balancer, stickyEndpoint, stickyValue } from "../../../src/dataplane/balance.ts";
import { Limits } from "../../../src/dataplane/limits.ts";
import type { Endpoint } from "../../../src/routing/model.ts";

const endpoints = Array.from({ length: 5 }, (_, i): Endpoint => ({ address: `10.0.0.${i}`, port: 80 }));
const NONE: ReadonlySet<Endpoint> = new Set();
const none = (): number => 0;

test("in turns, past those that were tried", () => {
  const balancer = new Balancer();
  const backend = { balance: "round-robin", endpoints } as const;
  const turn = (tried = NONE): number => endpoints.indexOf(balancer.choose(backend, "", tried, none) as Endpoint);
  expect(Array.from({ length: 6 }, () => turn())).toEqual([0, 1, 2, 3, 4, 0]);
  expect(turn(new Set(endpoints.slice(0, 4)))).toBe(4);
  expect(turn(new Set(endpoints))).toBeGreaterThanOrEqual(0);
  expect(balancer.choose({ balance: "round-robin", endpoints: [] }, "", NONE, none)).toBeUndefined();
});

test("by hash: all endpoints have a part, and one that goes takes only its own keys along", () => {
  const balancer = new Balancer();
  const of = (list: readonly Endpoint[]) =>
    Array.from({ length: 200 }, (_, key) =>
      balancer.choose({ balance: { hash: "path" }, endpoints: list }, String(key), NONE, none),
    );
  const before = of(endpoints);
  expect(new Set(before).size).toBe(5);
  const [gone, ...left] = endpoints;
  const after = of(left);
  expect(before.filter((endpoint, key) => endpoint !== gone && endpoint !== after[key])).toEqual([]);
});

test("a cookie finds its endpoint again, as long as there is one", () => {
  const value = stickyValue(endpoints[2] as Endpoint);
  expect(stickyEndpoint({ endpoints }, value)).toBe(endpoints[2]);
  expect(stickyEndpoint({ endpoints: endpoints.slice(3) }, value)).toBeUndefined();
});

test("a rate: so many beyond it at once, then one whenever the time for one has passed", () => {
  let now = 0;
  const limits = new Limits(() => now);
  const rate = { requests: 2, seconds: 1, burst: 3 };
  const tries = (count: number): number =>
    Array.from({ length: count }, () => limits.allows("r", "c", rate)).filter(Boolean).length;
  expect(tries(10)).toBe(4);
  now += 500;
  expect(tries(10)).toBe(1);
  now += 60_000;
  expect(tries(10)).toBe(4);
  expect(limits.allows("r", "other", rate)).toBe(true);
});

test("at once: what has ended makes room, once", () => {
  const limits = new Limits();
  const first = limits.begin("r", "c", 1);
  expect([limits.begin("r", "c", 1), limits.begin("r", "d", 1) !== undefined]).toEqual([undefined, true]);
  first?.();
  first?.();
  expect(limits.begin("r", "c", 1)).toBeDefined();
  expect(limits.begin("r", "c", 1)).toBeUndefined();
});

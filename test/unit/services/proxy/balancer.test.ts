import { expect, test } from "vitest";
import { Balancer } from "../../../../src/services/proxy/balancer.ts";

const turns = (balancer: Balancer, clients: readonly string[]): (string | undefined)[] =>
  clients.map((client) => balancer.choose(client));

test("endpoints take turns, whichever client asks", () => {
  const balancer = new Balancer({ endpoints: ["a", "b", "c"] });
  expect(turns(balancer, ["x", "x", "y", "x"])).toEqual(["a", "b", "c", "a"]);
  expect(Object.fromEntries(balancer.served)).toEqual({ a: 2, b: 1, c: 1 });
});

test("without endpoints there is none to choose", () => {
  expect(new Balancer({ endpoints: [] }).choose("x")).toBeUndefined();
});

test("a sticky client keeps its endpoint for that many seconds after its last connection", () => {
  let now = 0;
  const balancer = new Balancer({ endpoints: ["a", "b"], affinitySeconds: 10 }, () => now);
  expect(turns(balancer, ["x", "y", "x"])).toEqual(["a", "b", "a"]);
  now = 9_000;
  expect(balancer.choose("x")).toBe("a");
  now = 18_000;
  expect(turns(balancer, ["x", "y"])).toEqual(["a", "a"]);
  now = 28_000;
  expect(balancer.choose("x")).toBe("b");
});

test("who found its endpoint dead gets the next one and keeps that", () => {
  const balancer = new Balancer({ endpoints: ["a", "b"], affinitySeconds: 10 });
  expect(balancer.choose("x")).toBe("a");
  expect(balancer.choose("x", true)).toBe("b");
  expect(balancer.choose("x")).toBe("b");
});

test("other endpoints begin a new round; clients of those that stay keep theirs", () => {
  const balancer = new Balancer({ endpoints: ["a", "b", "c"], affinitySeconds: 10 });
  expect(turns(balancer, ["x", "y"])).toEqual(["a", "b"]);
  balancer.update({ endpoints: ["b", "c"], affinitySeconds: 10 });
  expect(turns(balancer, ["y", "x", "z"])).toEqual(["b", "b", "c"]);
});

test("the same endpoints again leave the round alone", () => {
  const balancer = new Balancer({ endpoints: ["a", "b", "c"] });
  expect(balancer.choose("x")).toBe("a");
  balancer.update({ endpoints: ["a", "b", "c"] });
  expect(balancer.choose("x")).toBe("b");
});

import { expect, test } from "vitest";
import { Schedule } from "../../../src/apply/schedule.ts";
import type { Unit } from "../../../src/apply/schedule.ts";
import type { Operation } from "../../../src/resources/operation.ts";
import type { Resource } from "../../../src/resources/resource.ts";

function operation(
  id: string,
  kind: "netns" | "addr" | "iptables" | "process",
  dependsOn: string[] = [],
  ns = "red",
): Operation {
  const cause = { object: "test", reason: "test" };
  const resource = { kind, id, ns, node: ns, cause, family: "ipv4" } as unknown as Resource;
  return { id, action: "create", resource, node: ns, cause, dependsOn };
}

const names = (unit: Unit | undefined): string[] | undefined => unit?.operations.map(({ id }) => id);

test("an operation is handed out when all that it waits for is done", () => {
  const schedule = new Schedule([
    operation("a", "netns"),
    operation("b", "addr", ["a"]),
    operation("c", "addr", ["a", "b", "not in the plan"]),
  ]);
  const a = schedule.takeQuick()!;
  expect(names(a)).toEqual(["a"]);
  expect(schedule.takeQuick()).toBeUndefined();
  schedule.done(a);
  const b = schedule.takeQuick()!;
  expect(names(b)).toEqual(["b"]);
  expect(schedule.takeQuick()).toBeUndefined();
  schedule.done(b);
  expect(names(schedule.takeQuick())).toEqual(["c"]);
});

test("iptables operations of one namespace and family go together, apart from quick ones", () => {
  const schedule = new Schedule([
    operation("nat", "iptables"),
    operation("a", "netns"),
    operation("filter", "iptables", ["a"]),
    operation("other", "iptables", [], "blue"),
  ]);
  expect(names(schedule.takeSlow())).toEqual(["other"]);
  expect(schedule.takeSlow()).toBeUndefined();
  schedule.done(schedule.takeQuick()!);
  const group = schedule.takeSlow()!;
  expect(names(group)).toEqual(["nat", "filter"]);
  expect(group.slow).toBe(true);
});

test("what waits for something that failed is dropped, all the way down", () => {
  const schedule = new Schedule([
    operation("a", "netns"),
    operation("b", "addr", ["a"]),
    operation("c", "addr", ["b"]),
    operation("d", "addr"),
  ]);
  expect(schedule.drop(schedule.takeQuick()!).map(({ id }) => id)).toEqual(["b", "c"]);
  expect(names(schedule.takeQuick())).toEqual(["d"]);
  expect(schedule.takeQuick()).toBeUndefined();
  expect(schedule.breakCircle()).toBe(false);
});

test("a circle that grouping has closed is broken at its first unit", () => {
  // nat waits for nothing, the address for nat, filter for the address: as a group, nat and filter wait for the address.
  const schedule = new Schedule([
    operation("nat", "iptables"),
    operation("addr", "addr", ["nat"]),
    operation("filter", "iptables", ["addr"]),
  ]);
  expect(schedule.takeQuick() ?? schedule.takeSlow()).toBeUndefined();
  expect(schedule.breakCircle()).toBe(true);
  const group = schedule.takeSlow()!;
  expect(names(group)).toEqual(["nat", "filter"]);
  schedule.done(group);
  expect(names(schedule.takeQuick())).toEqual(["addr"]);
});

test("what became ready between two looks is reported: a tool that ended releases what waited for it", () => {
  const schedule = new Schedule([operation("rules", "iptables"), operation("server", "process", ["rules"])]);
  expect(schedule.hasReady).toBe(true);
  const rules = schedule.takeSlow()!;
  expect(schedule.hasReady).toBe(false);
  schedule.done(rules);
  expect(schedule.hasReady).toBe(true);
  expect(names(schedule.takeSlow())).toEqual(["server"]);
  expect(schedule.hasReady).toBe(false);
  expect(schedule.breakCircle()).toBe(false);
});

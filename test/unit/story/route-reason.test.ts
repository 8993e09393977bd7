import { expect, test } from "vitest";
import type { NamespaceState, ObservedRoute, ObservedRule } from "../../../src/resources/observed.ts";
import type { ChosenRoute } from "../../../src/story/route.ts";
import { routeReason } from "../../../src/story/route-reason.ts";

const route = (to: string, more: Partial<ObservedRoute> = {}): ObservedRoute => ({
  family: "ipv4", to, type: "unicast", dev: "eth0", onlink: false, table: 254, scope: "global", protocol: "boot", ...more }); // prettier-ignore
const rule = (priority: number, table: number, more: Partial<ObservedRule> = {}): ObservedRule => ({
  family: "ipv4",
  priority,
  table,
  ...more,
});
const state = (routes: readonly ObservedRoute[], rules: readonly ObservedRule[]): NamespaceState =>
  ({ routes, rules }) as unknown as NamespaceState;
const chosen = (more: Partial<ChosenRoute> = {}): ChosenRoute => ({ text: "", to: "", table: "main", tableId: 254, local: false, ...more }); // prettier-ignore
const rules = [rule(0, 255), rule(32766, 254), rule(32767, 253)];
const packet = { family: "ipv4", to: "10.1.0.2" } as const;

test.each([
  [[route("10.1.0.0/24")], "the only route of table main that matches"],
  [[route("0.0.0.0/0", { via: "10.0.0.1" }), route("10.1.0.0/24"), route("10.2.0.0/24")], "longest prefix of 2 that match, before default via 10.0.0.1 dev eth0"], // prettier-ignore
  [[route("10.1.0.0/24", { metric: 20, dev: "eth1" }), route("10.1.0.0/24", { metric: 10 })], "lowest metric of 2 that match, before 10.1.0.0/24 dev eth1 metric 20"], // prettier-ignore
])("%j", (routes, why) => {
  expect(routeReason(state(routes, rules), packet, chosen())).toBe(`rule 32766: from all lookup main; ${why}`);
});

test("the rule that leads to another table, by where the packet comes from", () => {
  const own = [rule(100, 100, { from: "10.9.0.0/16" }), rule(101, 100, { iif: "eth7" }), ...rules];
  const there = state([route("0.0.0.0/0", { table: 100 })], own);
  const answer = chosen({ table: "100", tableId: 100 });
  expect(routeReason(there, { ...packet, from: "10.9.0.1", iif: "eth1" }, answer)).toMatch(
    /^rule 100: from 10\.9\.0\.0\/16 lookup 100; /,
  );
  expect(routeReason(there, { ...packet, from: "10.8.0.1", iif: "eth7" }, answer)).toMatch(
    /^rule 101: from all iif eth7 lookup 100; /,
  );
});

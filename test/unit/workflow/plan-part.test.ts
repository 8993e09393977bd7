import { expect, test } from "vitest";
import type { Operation, Plan } from "../../../src/resources/operation.ts";
import { planPart } from "../../../src/workflow/plan-part.ts";

const operation = (id: string, ...dependsOn: string[]): Operation =>
  ({
    id: `create ${id}`,
    action: "create",
    resource: { id },
    dependsOn: dependsOn.map((one) => `create ${one}`),
  }) as unknown as Operation;
const plan: Plan = {
  lab: "x",
  operations: [operation("link"), operation("addr", "link"), operation("route", "addr"), operation("other")],
};

test("an object comes with all that it needs, in the plan's order", () => {
  expect(planPart(plan, ["route"]).operations.map(({ id }) => id)).toEqual([
    "create link",
    "create addr",
    "create route",
  ]);
  expect(planPart(plan, ["other", "link"]).operations.map(({ id }) => id)).toEqual(["create link", "create other"]);
});

test("what does not differ is a usage error that names what does", () => {
  expect(() => planPart(plan, ["ruote"])).toThrow("ruote does not differ from the lab");
});

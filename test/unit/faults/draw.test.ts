/** Faults drawn at random: the seed decides, and only what fits a place is drawn. */
import { expect, test } from "vitest";
import { drawFaults } from "../../../src/faults/draw.ts";
import type { DrawnFault } from "../../../src/faults/draw.ts";
import { FAULT_KINDS } from "../../../src/faults/registry.ts";

const places = [
  { text: "node1", is: "node", nodes: ["node2"] },
  { text: "pod/web", is: "pod", nodes: [] },
] as const;

function first(count: number, seed: number, kinds?: readonly string[]): readonly DrawnFault[] {
  return drawFaults(seed, { named: ["cut"], places, kinds })
    .take(count)
    .toArray();
}

test("the same seed draws the same faults, another one others", () => {
  expect(first(20, 7)).toEqual(first(20, 7));
  expect(first(20, 7)).not.toEqual(first(20, 8));
});

test("in time every kind that can be drawn comes, and the lab's own; each as a lab file may say it", () => {
  const drawn = first(1000, 1);
  const kinds = new Set(drawn.map((one) => (typeof one === "string" ? one : Object.keys(one)[0])));
  const can = FAULT_KINDS.flatMap(({ kind, draw }) => (draw === undefined ? [] : [kind]));
  expect(kinds).toEqual(new Set(["cut", ...can]));
  for (const one of drawn) {
    const kind = FAULT_KINDS.find((known) => typeof one !== "string" && Object.hasOwn(one, known.kind));
    if (kind !== undefined && typeof one !== "string") expect(kind.schema.safeParse(one[kind.kind]).success).toBe(true);
  }
});

test("only these kinds; nothing where no place fits", () => {
  expect(new Set(first(20, 1, ["pod-killed"]).map((one) => JSON.stringify(one)))).toEqual(
    new Set(['{"pod-killed":{"at":"pod/web"}}']),
  );
  expect(drawFaults(1, { named: [], places: [] }).toArray()).toEqual([]);
});

import { expect, test } from "vitest";
import { editDistance, nearestNames } from "../../../src/syntax/nearest.ts";

test.each([
  ["routes", "routes", 0],
  ["rotues", "routes", 1],
  ["adresses", "addresses", 1],
  ["nodes", "cni", 5],
])("editDistance(%s, %s)", (a, b, distance) => expect(editDistance(a, b)).toBe(distance));

test("near names, nearest first; far ones are not offered", () => {
  expect(nearestNames("conut", ["command", "count", "mount"])).toEqual(["count", "mount"]);
  expect(nearestNames("xyz", ["routes", "rules"])).toEqual([]);
  expect(nearestNames("Node1", ["node1", "node2"])).toEqual(["node1", "node2"]);
});

import { expect, test } from "vitest";
import { stillThere } from "../../../src/live/returned-links.ts";
import { UNTOUCHED } from "../../../src/kube/workload/live-state.ts";
import type { Resource } from "../../../src/resources/resource.ts";

const base = { node: "node1", ns: "node1", cause: { object: "", reason: "" } };
const route = (id: string, dev?: string): Resource => ({
  ...base,
  id,
  kind: "route",
  family: "ipv4",
  to: id,
  type: "unicast",
  dev,
  onlink: false,
  table: 254,
});
const addr = (id: string, family: "ipv4" | "ipv6"): Resource => ({
  ...base,
  id,
  kind: "addr",
  dev: "eth0",
  address: id,
  family,
});

const before: readonly Resource[] = [
  route("over it", "eth0"),
  route("by a gateway"),
  route("over the tunnel", "flannel.1"),
  addr("192.168.50.11/24", "ipv4"),
  addr("fd00::11/64", "ipv6"),
];
const down = { ...UNTOUCHED, nodesDown: ["node1"] };

test("what the kernel drops with a link is not counted on when the link is back", () => {
  const left = stillThere(before, down, UNTOUCHED).map(({ id }) => id);
  expect(left).toEqual(["over the tunnel", "192.168.50.11/24"]);
});

test("all is there of a node whose link goes, stays away, or that is another one", () => {
  expect(stillThere(before, UNTOUCHED, down)).toBe(before);
  expect(stillThere(before, down, down)).toBe(before);
  expect(stillThere(before, { ...UNTOUCHED, nodesDown: ["node2"] }, UNTOUCHED)).toEqual(before);
});

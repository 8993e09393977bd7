import { expect, test } from "vitest";
import type { Placement } from "../../../src/engine/place.ts";
import { LabEngines, placeAgain } from "../../../src/hub/engines.ts";

const place = (name: string) => ({ name, address: { context: name, host: `unix:///${name}.sock` } });
const engines = [place("east"), place("west")];
const asked: Placement = {
  engines,
  nodes: { node1: "east", node2: "west", node3: "east" },
  named: [],
  underlay: "auto",
};
const before = { engines, places: { node1: "west", node2: "east" } };

test("machines without a place are on the first engine", () => {
  const lab = new LabEngines(engines, { node2: "west" });
  expect([lab.of("node2").name, lab.of("lab.rest").name, lab.several]).toEqual(["west", "east", true]);
});

test("what is up stays where it is", () => {
  expect(placeAgain("x", before, asked)).toEqual({ node1: "west", node2: "east", node3: "east" });
});

test("what would have to move is refused", () => {
  const refused =
    (placement: Partial<Placement>, more = {}): (() => unknown) =>
    () =>
      placeAgain("x", { ...before, ...more }, { ...asked, ...placement });
  expect(refused({ named: ["node1"] })).toThrow(/node1 of lab x is running on west, but was requested on east/);
  expect(refused({ named: ["node3"] })).not.toThrow();
  expect(refused({ engines: [place("east")] })).toThrow(/is running on east, west, but was requested on east now/);
  const underlay = { kind: "swarm" as const, told: "", addresses: {} };
  expect(refused({ underlay: "relay" }, { underlay })).toThrow(/by swarm/);
  expect(refused({ underlay: "swarm" }, { underlay })).not.toThrow();
});

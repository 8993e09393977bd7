import { expect, test } from "vitest";
import { firstWrongHop } from "../../../src/story/first-wrong.ts";
import type { Hop } from "../../../src/story/packet-story.ts";

const hop = (ns: string, way: Hop["way"], more: Partial<Hop> = {}): Hop => ({
  ns,
  way,
  kind: "routing",
  at: "main",
  what: "",
  ...more,
});
const SETTING = { differs: ["net.ipv4.conf.all.rp_filter is 1, should be 0"] };
const ROUTE = { differs: ["route 10.244.0.0/24 dev cni0 is missing"] };

test("nothing differs", () => expect(firstWrongHop([hop("a", "there"), hop("b", "there")])).toBeUndefined());

test("of two on the way, the first", () => {
  expect(
    firstWrongHop([
      hop("a", "there"),
      hop("b", "there", ROUTE),
      hop("c", "there", ROUTE),
      hop("d", "there", { lost: true }),
    ]),
  ).toBe(1);
});

test("where it was lost, if that differs", () => {
  expect(firstWrongHop([hop("b", "there", ROUTE), hop("c", "back", { ...ROUTE, lost: true })])).toBe(1);
});

test("a setting that it passed is not what stopped it", () => {
  const passed = hop("b", "there", SETTING);
  expect(firstWrongHop([passed, hop("c", "back", ROUTE), hop("d", "back", { lost: true })])).toBe(1);
  // Alone it is all that is known.
  expect(firstWrongHop([passed, hop("d", "there", { lost: true })])).toBe(0);
  expect(firstWrongHop([hop("b", "there", SETTING), hop("b", "there", { lost: true })])).toBe(0);
});

test("a packet that arrived: the first that differs", () => {
  expect(firstWrongHop([hop("a", "there"), hop("b", "there", SETTING)])).toBe(1);
});

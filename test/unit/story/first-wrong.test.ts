import { expect, test } from "vitest";
import { firstWrongHop } from "../../../src/story/first-wrong.ts";
import { NOT_REACHED } from "../../../src/story/packet-story.ts";
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
const WAS_LOST = {
  inPlace: new Set(SETTING.differs),
  behind: new Set(["route 10.244.9.0/24 dev cni0 is missing"]),
  arrived: false,
};
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
  expect(firstWrongHop([passed, hop("c", "back", ROUTE), hop("d", "back", { lost: true })], WAS_LOST)).toBe(1);
  // Alone it says nothing, but in the namespace in which it ended.
  expect(firstWrongHop([passed, hop("d", "there", { lost: true })], WAS_LOST)).toBeUndefined();
  expect(firstWrongHop([hop("b", "there", SETTING), hop("b", "there", { lost: true })], WAS_LOST)).toBe(0);
  // Refused, it ended where it came last.
  expect(firstWrongHop([passed, hop("c", "there", ROUTE), hop("a", "back")], WAS_LOST)).toBe(1);
});

test("where it did not get, only what keeps it from getting there", () => {
  const lost = hop("b", "there", { lost: true });
  const beyond = (...differs: string[]): Hop => hop("c", "there", { at: NOT_REACHED, differs });
  expect(firstWrongHop([lost, beyond("route 10.244.9.0/24 dev cni0 is missing")], WAS_LOST)).toBeUndefined();
  expect(firstWrongHop([lost, beyond("eth0: state is down")], WAS_LOST)).toBe(1);
});

test("a packet that arrived: the first that differs", () => {
  expect(firstWrongHop([hop("a", "there"), hop("b", "there", SETTING)])).toBe(1);
});

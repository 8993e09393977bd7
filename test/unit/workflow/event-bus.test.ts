import { expect, test } from "vitest";
import { makeEventBus } from "../../../src/workflow/event-bus.ts";
import type { StampedEvent } from "../../../src/events.ts";

test("a late listener gets what was before, in order, then what comes, until it leaves", () => {
  const bus = makeEventBus("file.yaml", performance.now());
  bus.emit({ type: "note", level: "info", text: "1" });
  bus.labName = "known";
  bus.emit({ type: "note", level: "info", text: "2" });
  const seen: StampedEvent[] = [];
  const leave = bus.subscribe((event) => seen.push(event));
  bus.emit({ type: "note", level: "info", text: "3" });
  leave();
  bus.emit({ type: "note", level: "info", text: "4" });
  expect(seen.map((event) => [event.labName, event.type === "note" ? event.text : ""])).toEqual([
    ["file.yaml", "1"],
    ["known", "2"],
    ["known", "3"],
  ]);
});

test("packets of a long session are not kept without end, and are still delivered", () => {
  const bus = makeEventBus("x", performance.now());
  let seen = 0;
  bus.subscribe(() => seen++);
  for (let i = 0; i < 5000; i++) bus.emit({ type: "packet", packet: { capture: "c", place: "p", time: i, text: "" } });
  expect(seen).toBe(5000);
  expect(bus.history.length).toBe(2000);
});

import { expect, test } from "vitest";
import type { TracedFlow } from "../../../src/services/trace/protocol.ts";
import { isTranslated, trackingOf, trackingText } from "../../../src/story/tracking.ts";
import type { Visit } from "../../../src/story/visits.ts";

const visit = (way: Visit["way"], packet: string): Visit => ({
  ns: "node1",
  way,
  ins: [{ ns: "node1", iface: "veth1", direction: "in", forward: way === "there", encapsulated: false, atNs: 0, packet, ttl: 64, length: 60 }], // prettier-ignore
  outs: [],
});
const there = visit("there", "10.0.0.1:4711 > 10.96.0.1:80 TCP SYN");
const back = visit("back", "10.1.0.2:8080 > 10.0.0.1:4711 TCP SYN ACK");
const flow = (more: Partial<TracedFlow>): TracedFlow => ({
  ns: "node1",
  id: 5,
  created: true,
  replied: false,
  original: { from: "10.0.0.1:4711", to: "10.96.0.1:80" },
  reply: { from: "10.1.0.2:8080", to: "10.0.0.1:4711" },
  mark: 0,
  zone: 0,
  timeout: 120,
  tcp: "SYN_SENT",
  ...more,
});
const flows = [flow({}), flow({ created: false, replied: true, tcp: "SYN_RECV", timeout: 60, mark: 0x4000, zone: 2 })];

test("without the kernel's word, the entries say the state, each packet its own entry", () => {
  expect(trackingOf(there, [], { flows })).toEqual({
    state: "NEW",
    original: "10.0.0.1:4711 → 10.96.0.1:80",
    reply: "10.1.0.2:8080 → 10.0.0.1:4711",
    tcp: "SYN_SENT",
    timeout: 120,
  });
  expect(trackingOf(back, [], { flows })).toMatchObject({
    state: "ESTABLISHED",
    tcp: "SYN_RECV",
    mark: 0x4000,
    zone: 2,
  });
  expect(trackingOf(there, [], { flows: [flow({ created: false })] })?.state).toBe("ESTABLISHED");
});

test("the kernel's word counts; an entry of other ends does not; UNTRACKED has none", () => {
  const packet = "10.0.0.1:4711 > 10.96.0.1:80 TCP SYN";
  const tracked = [{ ns: "node1", packet, state: "RELATED" as const, id: 9, reply: false }];
  expect(trackingOf(there, [], { flows, tracked })).toEqual({ state: "RELATED" });
  expect(trackingOf(there, [], { flows: [flow({ original: { from: "10.0.0.1:4712", to: "10.96.0.1:80" }, reply: { from: "10.1.0.2:8080", to: "10.0.0.1:4712" } })] })).toBeUndefined(); // prettier-ignore
  const raw = [{ ns: "node1", packet, state: "UNTRACKED" as const, reply: false }];
  expect(trackingText(trackingOf(there, [], { tracked: raw }) ?? { state: "NEW" })).toMatch(
    /^UNTRACKED: it has no entry/,
  );
});

test("in words", () => {
  const tracking = trackingOf(back, [], { flows });
  expect(tracking === undefined ? "" : trackingText(tracking)).toBe(
    "ESTABLISHED; SYN_RECV, kept 60 s, mark 0x4000, zone 2; original 10.0.0.1:4711 → 10.96.0.1:80, reply 10.1.0.2:8080 → 10.0.0.1:4711",
  );
  expect(tracking !== undefined && isTranslated(tracking)).toBe(true);
  expect(isTranslated({ state: "NEW", original: "a:1 → b:2", reply: "b:2 → a:1" })).toBe(false);
});

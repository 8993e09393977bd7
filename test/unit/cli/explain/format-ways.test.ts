import { describe, expect, it } from "vitest";
import { formatPacket } from "../../../../src/cli/explain/format-ways.ts";
import type { ExplainedPacket } from "../../../../src/cli/explain/format-ways.ts";
import type { Step, Way } from "../../../../src/installed/way.ts";
import { makePaint } from "../../../../src/report/color.ts";

const step = (chain: string, index: number, effect: string): Step => ({
  table: "nat",
  chain,
  index,
  rule: `-j ${effect}`,
  effect,
  packets: 3,
});
const way = (endpoint: string, index: number): Way => ({
  probability: 0.5,
  end: { kind: "endpoint", endpoint, masquerade: false },
  steps: [
    step("PREROUTING", 0, "jump SVC"),
    step("SVC", index, `jump ${endpoint}`),
    step(endpoint, 0, `DNAT to ${endpoint}`),
    step("POSTROUTING", 0, "jump IDLE"),
    step("POSTROUTING", 1, "jump LAST"),
    step("LAST", 0, "return"),
  ],
});
const packet: ExplainedPacket = {
  title: "pod/a → svc/web:80",
  node: "node1",
  mode: "iptables",
  oracle: { kind: "endpoints", masqueraded: new Map([["a", false]]) },
  ways: [way("a", 1), way("b", 2)],
  unread: [],
  nameOf: (endpoint) => `pod ${endpoint}`,
  carriedTo: (endpoint) => (endpoint === "a" ? "kindnet: by a plain route" : ""),
  causes: ({ chain }) => `cause of ${chain}`,
};

describe("explain", () => {
  const text = formatPacket(packet, makePaint(false));

  it("shows once what all ways share, at the beginning and at the end", () => {
    expect(text.match(/jump SVC/g)).toHaveLength(2); // rule and effect
    expect(text.match(/⇒ return/g)).toHaveLength(1);
    expect(text.indexOf("■ 50.0 %: a (pod a)")).toBeGreaterThan(text.indexOf("cause of PREROUTING"));
    expect(text.indexOf("then in any case")).toBeGreaterThan(text.indexOf("■ 50.0 %: b (pod b)"));
  });

  it("says how the pod network carries it to an endpoint", () => {
    expect(text.match(/kindnet: by a plain route/g)).toHaveLength(1);
    expect(text.indexOf("kindnet: by")).toBeGreaterThan(text.indexOf("a (pod a)"));
  });

  it("leaves out jumps into chains where nothing matched", () => expect(text).not.toContain("IDLE"));

  it("says of a single way where it ends", () => {
    const only = formatPacket(
      { ...packet, ways: [{ probability: 1, steps: [], end: { kind: "drop" } }] },
      makePaint(false),
    );
    expect(only).toContain("■ dropped without an answer");
    expect(only).not.toContain("in any case");
  });
});

import { expect, test } from "vitest";
import { compactHops } from "../../../src/story/compact.ts";
import type { Hop, PacketStory } from "../../../src/story/packet-story.ts";
import { pictureLines, traceSummary, traceTable } from "../../../src/tui/trace-lines.ts";
import { rowText } from "../../../src/tui/row.ts";

const hop = (ns: string, kind: Hop["kind"], at: string, what: string, rest: Partial<Hop> = {}): Hop => ({ way: "there", ns, kind, at, what, ...rest }); // prettier-ignore
const story: PacketStory = {
  title: "pod/client → svc/web:80",
  probe: { kind: "tcp", ns: "default/client", to: "10.96.0.50", port: 80, timeout: 1000 },
  result: { outcome: "timeout", ms: 1000 },
  tested: 0,
  hops: [
    hop("default/client", "device", "eth0 →", "TCP SYN", { packet: "10.0.0.2:4711 → 10.96.0.50:80", ms: 0 }),
    hop("node1", "device", "→ veth1", "TCP SYN, port of cni0", { packet: "10.0.0.2:4711 → 10.96.0.50:80", ms: 0.02 }),
    hop("node1", "netfilter", "PREROUTING nat", "KUBE-SVC-X → KUBE-SEP-Y; DNAT: to 10.0.1.3:8080; rule: -j DNAT", {
      cause: "lab.yaml:103:7 Service default/web",
    }),
    hop("node1", "routing", "routing main", "default via 10.9.9.1 dev eth0", {
      differs: ["route 10.0.1.0/24 is missing"],
      ids: ["route:node1:10.0.1.0/24"],
    }),
    hop("node1", "device", "eth0 →", "TCP SYN", { ms: 0.05, lost: true }),
  ],
  firstWrong: 3,
  verdict: { packet: "lost", elsewhere: [], foreign: [] },
  unseen: [],
};

test.each([80, 120])(
  "%d columns: no line is wider, the wrong hop says what differs, the selected one its cause",
  (width) => {
    const hops = compactHops(story);
    const { rows, selected, heading } = traceTable(hops, 3, width);
    const texts = rows.map((row) => ` ${rowText(row)}`);
    for (const text of [heading, ...texts]) expect(text.length, text).toBeLessThanOrEqual(width);
    expect(texts[selected[0]]).toContain("default via 10.9.9.1");
    expect(texts.slice(selected[0], selected[1] + 1).join("\n")).toContain("✘ differs from the lab: route 10.0.1.0/24 is missing   f fixes it"); // prettier-ignore
    const all = texts.join("\n");
    expect(all).toContain("DNAT: to 10.0.1.3:8080");
    expect(all).toContain("✘ lost: nothing was seen of it after this");
    expect(all.includes("└ why: lab.yaml:103:7 Service default/web")).toBe(width === 120);
    expect(all.includes("10.0.0.2:4711 → 10.96.0.50:80")).toBe(width === 120);
  },
);

test("the picture has a mark below each step, in as many lines as it needs", () => {
  const [line = "", marks = ""] = pictureLines(story, 100).map(({ text }) => text);
  expect(line).toBe("  pod/client ─▶ veth1 ─▶ DNAT ─▶ route ─▶ eth0");
  expect([...marks].flatMap((char, i) => (char === "✘" ? [line.slice(i - 2, i + 3)] : []))).toEqual(["route", "─▶ eth0".slice(3)].map((label) => expect.stringContaining(label.slice(0, 3)) as string)); // prettier-ignore
  const narrow = pictureLines(story, 30).map(({ text }) => text);
  expect(narrow.length).toBeGreaterThan(2);
  for (const text of narrow) expect(text.length).toBeLessThanOrEqual(30);
  expect(narrow.join("")).not.toContain("DNAT");
  const whole = pictureLines(story, 30, true).map(({ text }) => text);
  expect(whole.join("")).toContain("DNAT");
  for (const text of whole) expect(text.length).toBeLessThanOrEqual(30);
  expect(traceSummary(story, 80).map(({ text }) => text)).toContain(
    "first wrong      hop 4, node1, routing main: route 10.0.1.0/24 is missing",
  );
});

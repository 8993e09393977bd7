import { expect, test } from "vitest";
import { storyHtml } from "../../../src/report/story-html.ts";
import { storySvg } from "../../../src/report/story-svg.ts";
import type { PacketStory } from "../../../src/story/packet-story.ts";

const story: PacketStory = {
  title: "pod/<a> → pod/b & c",
  probe: { kind: "tcp", ns: "default/a", to: "10.0.0.2", port: 80, timeout: 1000 },
  result: { outcome: "timeout", ms: 1000 },
  tested: 0,
  hops: [
    { way: "there", ns: "default/a", kind: "device", at: "eth0 →", what: "TCP SYN", ms: 0 },
    { way: "there", ns: "node1", kind: "routing", at: "routing main", what: "<script>", differs: ["route is missing"], lost: true }, // prettier-ignore
  ],
  firstWrong: 1,
  verdict: { packet: "lost", elsewhere: [], foreign: [] },
  unseen: [],
};

test("the picture has a box for each step and the verdict; the page every hop; all text is escaped", () => {
  const svg = storySvg(story);
  expect(svg.match(/<rect x=/g)).toHaveLength(2);
  expect(svg).toContain("✘ differs");
  expect(svg).toMatch(/first wrong +hop 2, node1, routing main: route is missing/);
  const html = storyHtml(story);
  expect(html).toContain('<tr class="bad"><td>2</td>');
  expect(html).toContain("&#60;script&#62;");
  expect(html).not.toMatch(/<script|<a>|b & c|https?:\/\/(?!www\.w3\.org)/);
});

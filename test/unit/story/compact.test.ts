import { expect, test } from "vitest";
import { compactHops } from "../../../src/story/compact.ts";
import type { Hop, PacketStory } from "../../../src/story/packet-story.ts";

const hop = (ns: string, kind: Hop["kind"], at: string, what: string, more: Partial<Hop> = {}): Hop => ({
  way: "there",
  ns,
  kind,
  at,
  what,
  ...more,
});
const shown = (...hops: Hop[]): readonly string[] =>
  compactHops({ hops } as unknown as PacketStory).map(({ number, at, what }) => `${number} ${at}: ${what}`);

test("a bridge's port and the bridge, a tunnel and its device are one line", () => {
  expect(
    shown(
      hop("node1", "device", "→ veth1", "TCP SYN, port of cni0"),
      hop("node1", "device", "→ cni0", "TCP SYN"),
      hop("node1", "device", "flannel.1 →", "TCP SYN, into the tunnel"),
      hop("node1", "device", "eth0 →", "TCP SYN, VXLAN vni 1"),
    ),
  ).toEqual(["1 → veth1, cni0: TCP SYN", "3 flannel.1, eth0 →: TCP SYN, into the tunnel, VXLAN vni 1"]);
});

test("a switch is one line", () => {
  expect(
    shown(
      hop("underlay", "device", "→ node1", "TCP SYN, port of br0"),
      hop("underlay", "forwarding", "fdb br0", "switched to port node2"),
      hop("underlay", "device", "node2 →", "TCP SYN, port of br0"),
    ),
  ).toEqual(["1 node1 → node2: switched by br0, TCP SYN"]);
});

test("what was learnt by ARP says nothing new, but where it is wrong", () => {
  const learnt = hop("node1", "neighbour", "neighbour eth0", "10.0.0.1 is 02:… (reachable)", {
    cause: "the kernel: ARP",
  });
  expect(shown(learnt)).toEqual([]);
  expect(shown({ ...learnt, differs: ["mac is …"] })).toHaveLength(1);
  expect(shown({ ...learnt, lost: true })).toHaveLength(1);
});

import { expect, test } from "vitest";
import { resolvePeers } from "../../../src/apply/veth-peers.ts";
import type { ObservedLinks } from "../../../src/apply/veth-peers.ts";
import type { Resource } from "../../../src/resources/resource.ts";

function veth(name: string, index: number, peerIndex: number, peerNetnsId?: number): ObservedLinks["links"][number] {
  return { index, name, kind: "veth", mac: "", mtu: 1500, up: true, carrier: true, peerIndex, peerNetnsId };
}

test("peers are found by both indexes; where two fit, by what the lab made; never a device of another lab", () => {
  const made = (ns: string, peerNs: string, peerName: string): Resource =>
    ({ kind: "veth", ns, name: "eth0", peer: { ns: peerNs, name: peerName } }) as unknown as Resource;
  const namespaces: Record<string, ObservedLinks> = {
    red: { links: [veth("eth0", 2, 5, 0)] },
    blue: { links: [veth("eth0", 2, 5, 0), veth("a", 8, 9), veth("b", 9, 8)] },
    node1: { links: [veth("vred", 5, 2, 0), veth("elsewhere", 6, 77, 3)] },
    node2: { links: [veth("vblue", 5, 2, 0)] },
  };
  const links = resolvePeers(namespaces, [made("red", "node1", "vred"), made("blue", "node2", "vblue")]);
  const peer = (ns: string, name: string): unknown => links[ns]?.find((link) => link.name === name)?.peer;
  expect(peer("red", "eth0")).toEqual({ ns: "node1", name: "vred" });
  expect(peer("node2", "vblue")).toEqual({ ns: "blue", name: "eth0" });
  expect(peer("blue", "a")).toEqual({ ns: "blue", name: "b" });
  expect(peer("node1", "elsewhere")).toBeUndefined();
  expect(Object.keys(links["red"]![0]!)).not.toContain("peerIndex");
});

import { describe, expect, test } from "vitest";
import type { Sighting } from "../../../../src/services/trace/protocol.ts";
import { routeMismatch, routeOfPacket } from "../../../../src/checks/path/route-of-packet.ts";

let clock = 0;
const seen = (ns: string, iface: string, direction: "in" | "out", rest: Partial<Sighting> = {}): Sighting => ({
  ns,
  iface,
  direction,
  forward: true,
  encapsulated: false,
  atNs: ++clock,
  packet: "",
  ttl: 64,
  length: 60,
  ...rest,
});
const once = (): Sighting[] => [
  seen("default/client", "eth0", "out"),
  seen("node1", "veth1", "in"),
  seen("node1", "cni0", "in"),
  seen("node1", "eth0", "out", { encapsulated: true }),
  seen("node2", "eth0", "in", { encapsulated: true }),
  seen("node2", "cni0", "out"),
  seen("default/web", "eth0", "in"),
];
const answer = [
  seen("default/web", "eth0", "out", { forward: false }),
  seen("node1", "eth0", "in", { forward: false }),
];

describe("the way of a packet", () => {
  test("namespaces and places in order, without the answer", () => {
    const route = routeOfPacket([...answer, ...once().toReversed()]);
    expect(route.hops).toEqual(["pod/client", "node1", "node2", "pod/web"]);
    expect(route.places).toEqual([
      "pod/client/eth0",
      "node1/veth1",
      "node1/cni0",
      "node1/eth0",
      "node2/eth0",
      "node2/cni0",
      "pod/web/eth0",
    ]);
  });

  test("a packet sent again is not a second way", () => {
    expect(routeOfPacket([...once(), ...once()]).hops).toEqual(["pod/client", "node1", "node2", "pod/web"]);
  });
});

describe("what is wrong with it", () => {
  const route = routeOfPacket(once());
  test.each([
    [{ hops: ["pod/client", "node1", "node2", "pod/web"] }, undefined],
    [{ hops: ["pod/client", "node1", "router", "node2", "pod/web"] }, "hop 3 is node2, expected router"],
    [{ hops: ["pod/client", "node1", "node2"] }, "it went on to pod/web"],
    [{ hops: ["pod/client", "node1", "node2", "pod/web", "pod/other"] }, "it never reached pod/other"],
    [{ crosses: ["node1/cni0", "node1/eth0", "node2"] }, undefined],
    [{ crosses: ["node1/eth0", "node1/cni0"] }, "it crossed node1/cni0, but not in the expected order"],
    [{ crosses: ["node1/flannel.1"] }, "it did not cross node1/flannel.1"],
    [{ avoids: ["router"] }, undefined],
    [{ avoids: ["node2"] }, "it crossed node2/eth0"],
  ])("%j: %s", (expectation, sentence) => {
    expect(routeMismatch(route, expectation)).toBe(sentence);
  });

  test("seen nowhere", () => {
    expect(routeMismatch(routeOfPacket([]), {})).toBe("the packet was not seen anywhere");
  });
});

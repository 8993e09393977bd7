import { describe, expect, test } from "vitest";
import { decodePacket } from "../../../src/capture/decode.ts";
import { assertPackets, resolveExpectation } from "../../../src/capture/expectation.ts";
import type { Assertion } from "../../../src/capture/expectation.ts";
import type { CapturedPacket } from "../../../src/capture/packet.ts";
import type { PacketExpectation, PacketMatch } from "../../../src/capture/packet-match.ts";
import type { Target } from "../../../src/net/target.ts";
import { bytes, echo, ethernet, ipv4, tcp, u16, u32, udp, vxlan } from "./frames.ts";

let clock = 0n;
const at = (place: string, frame: Uint8Array): CapturedPacket => ({
  time: ++clock,
  length: frame.length,
  place,
  packet: decodePacket(frame),
});
const pods = { src: "10.244.0.2", dst: "10.244.1.2" };
const back = { src: pods.dst, dst: pods.src };
const encapsulated = (vni: number, inner: Uint8Array): Uint8Array =>
  ethernet(
    0x0800,
    ipv4(17, udp(50_000, 8472, vxlan(vni, ethernet(0x0800, inner))), { src: "192.168.50.11", dst: "192.168.50.12" }),
  );
const packets = [
  at("node1/eth0", encapsulated(1, ipv4(6, tcp(40_000, 80, 0x02), pods))),
  at("node1/eth0", encapsulated(1, ipv4(6, tcp(80, 40_000, 0x12), back))),
  at("node2/cni0", ethernet(0x0800, ipv4(1, echo(8), { ...pods, ttl: 62 }))),
];
const target: Target = { text: "pod/client", ns: "default/client", node: "node1", addresses: { ipv4: "10.244.0.2" } };

function assert(match: PacketMatch, rest: Partial<Pick<PacketExpectation, "packets" | "then">> = {}): Assertion {
  const resolved = resolveExpectation(
    { ...match, packets: rest.packets ?? { min: 1, max: Infinity }, then: rest.then ?? [] },
    "ipv4",
  );
  if ("problem" in resolved) throw new Error(resolved.problem);
  return assertPackets(packets, resolved.expectation);
}

describe("fields", () => {
  test.each<[string, PacketMatch]>([
    ["outer addresses", { src: "192.168.50.11", dst: "192.168.50.12", protocol: "udp", dport: 8472 }],
    [
      "VNI and inner packet by target",
      { vni: 1, inner: { src: target, dst: "10.244.1.2", protocol: "tcp", dport: 80 } },
    ],
    ["an inner prefix", { inner: { src: "10.244.0.0/24", flags: "SYN" } }],
    ["flags that must be set", { inner: { flags: "SYN,ACK" } }],
    ["TTL and ICMP type at a place", { protocol: "icmp", icmpType: "echo-request", ttl: 62, at: "node2/cni0" }],
    ["a place without interface", { at: "node2", icmpType: 8 }],
    ["MAC addresses", { srcMac: "02:00:00:00:00:01", dstMac: "02:00:00:00:00:02" }],
  ])("%s", (_, match) => {
    expect(assert(match)).toMatchObject({ ok: true });
  });

  test("an inner match never matches a packet that is not encapsulated", () => {
    expect(assert({ inner: { protocol: "icmp" } })).toMatchObject({ ok: false, final: false, matched: [] });
  });

  test("the nearest miss says which field differs", () => {
    expect(assert({ vni: 2, inner: { src: target, flags: "SYN", dport: 80 } }).nearest).toMatchObject({
      packet: packets[0],
      differs: [{ field: "vni", expected: "2", got: "1" }],
    });
    expect(assert({ vni: 1, inner: { dport: 443, sport: 40_000 } }).nearest?.differs).toEqual([
      { field: "inner dport", expected: "443", got: "80" },
    ]);
  });

  test("a target without an address in the family is named", () => {
    expect(resolveExpectation({ inner: { src: target }, packets: { min: 1, max: 1 }, then: [] }, "ipv6")).toEqual({
      problem: "pod/client has no ipv6 address",
    });
  });

  test("names of both families mean the same ICMP error", () => {
    const tooBig = at("n/e", ethernet(0x0800, ipv4(1, bytes([3, 4], u16(0), u16(0), u16(1400), u32(0)))));
    for (const icmpType of ["frag-needed", "packet-too-big", "unreachable", 3]) {
      expect(assertPackets([tooBig], { match: { icmpType }, packets: { min: 1, max: 1 }, then: [] }).ok).toBe(true);
    }
    expect(
      assertPackets([tooBig], { match: { icmpType: "ttl-exceeded" }, packets: { min: 1, max: 1 }, then: [] }).ok,
    ).toBe(false);
  });
});

describe("counts", () => {
  test.each<[number, number, boolean, boolean]>([
    [1, Infinity, true, false],
    [2, 2, true, false],
    [3, Infinity, false, false],
    [0, 1, false, true],
    [0, 0, false, true],
  ])("%i..%i of 2", (min, max, ok, final) => {
    expect(assert({ vni: 1 }, { packets: { min, max } })).toMatchObject({ ok, final });
  });

  test("none expected, none there", () => {
    expect(assert({ vni: 7 }, { packets: { min: 0, max: 0 } })).toMatchObject({ ok: true, matched: [] });
  });
});

describe("order", () => {
  const syn: PacketMatch = { inner: { flags: "SYN", dport: 80 } };
  const synAck: PacketMatch = { inner: { flags: "SYN,ACK" } };

  test("what must follow follows", () => {
    expect(assert(syn, { then: [synAck, { protocol: "icmp" }] })).toMatchObject({ ok: true });
  });

  test("the wrong order does not match, and what is missing is named", () => {
    expect(assert({ protocol: "icmp" }, { then: [synAck] })).toMatchObject({ ok: false, missing: 0 });
    expect(assert(syn, { then: [{ protocol: "icmp" }, synAck] })).toMatchObject({ ok: false, missing: 1 });
  });

  test("the first packet does not follow itself", () => {
    expect(assert(synAck, { then: [synAck] })).toMatchObject({ ok: false, missing: 0 });
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodePacket, decodeTunnelled } from "../../../src/capture/decode.ts";
import { formatPacket } from "../../../src/capture/format-packet.ts";
import { bytes, echo, ethernet, ipv4, ipv6, tcp, u16, u32, udp, vxlan } from "./frames.ts";

const line = (frame: Uint8Array, linkType?: number): string => formatPacket(decodePacket(frame, linkType));
const A6 = "fd00 0000 0000 0000 0000 0000 0000 0001";
const B6 = "fd00 0000 0000 0000 0000 0000 0000 0002";

describe("link layers", () => {
  test("ARP request and reply", () => {
    const arp = (op: number): Uint8Array =>
      bytes("0001 0800 06 04", u16(op), "02:00:00:00:00:01", [10, 0, 0, 1], "00:00:00:00:00:00", [10, 0, 0, 2]);
    expect(line(ethernet(0x0806, arp(1)))).toBe("ARP, Request who-has 10.0.0.2 tell 10.0.0.1");
    expect(line(ethernet(0x0806, arp(2)))).toBe("ARP, Reply 10.0.0.1 is-at 02:00:00:00:00:01");
  });

  test("802.1Q and QinQ tags are skipped and kept", () => {
    const tagged = ethernet(0x88a8, bytes(u16(0x2064), u16(0x8100), u16(0x0001), u16(0x0800), ipv4(1, echo(8))));
    expect(decodePacket(tagged).link?.vlans).toEqual([100, 1]);
    expect(line(tagged)).toBe("vlan 100, vlan 1, IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, ttl 64");
  });

  test("Linux cooked captures of both versions", () => {
    const v2 = bytes(u16(0x0800), u16(0), u32(5), u16(1), [4, 6], "02:00:00:00:00:09 0000", ipv4(1, echo(8)));
    expect(decodePacket(v2, 276)).toMatchObject({
      link: { ifindex: 5, outgoing: true, srcMac: "02:00:00:00:00:09" },
      icmp: { name: "echo-request" },
    });
    const v1 = bytes(u16(0), u16(1), u16(6), "02:00:00:00:00:09 0000", u16(0x0800), ipv4(1, echo(0)));
    expect(decodePacket(v1, 113)).toMatchObject({
      link: { outgoing: false, srcMac: "02:00:00:00:00:09" },
      icmp: { name: "echo-reply" },
    });
  });

  test("an unknown link type is named, not guessed", () => {
    expect(decodePacket(bytes("00"), 147).problem).toBe("link type 147 is not known");
  });
});

describe("IPv4", () => {
  test("options move the payload", () => {
    const frame = ethernet(0x0800, ipv4(17, udp(1000, 2000, bytes("616263")), { options: [0x94, 4, 0, 0] }));
    expect(decodePacket(frame).udp).toEqual({ sport: 1000, dport: 2000, length: 3 });
  });

  test("the first fragment has ports, the later ones do not", () => {
    const first = decodePacket(
      ethernet(0x0800, ipv4(17, udp(1000, 2000, bytes("00".repeat(16))), { fragmentation: 0x2000 })),
    );
    expect(first).toMatchObject({ udp: { sport: 1000 }, ip: { fragment: { offset: 0, more: true, id: 0x1234 } } });
    const later = decodePacket(ethernet(0x0800, ipv4(17, bytes("00".repeat(16)), { fragmentation: 0x0003 })));
    expect(later.udp).toBeUndefined();
    expect(later.ip?.fragment).toEqual({ id: 0x1234, offset: 24, more: false });
  });

  test("Ethernet padding is not payload", () => {
    const short = ethernet(0x0800, bytes(ipv4(6, tcp(1, 2, 0x10)), "00".repeat(6)));
    expect(decodePacket(short).tcp?.length).toBe(0);
  });

  test("a packet cut by the snap length keeps its true length", () => {
    const whole = ethernet(0x0800, ipv4(6, tcp(1, 2, 0x18, { payload: new Uint8Array(1000) })));
    expect(decodePacket(whole.subarray(0, 60)).tcp?.length).toBe(1000);
  });

  test("cut headers are named", () => {
    const whole = ethernet(0x0800, ipv4(6, tcp(1, 2, 2)));
    expect(decodePacket(whole.subarray(0, 10)).problem).toBe("truncated Ethernet header");
    expect(decodePacket(whole.subarray(0, 20)).problem).toBe("truncated IPv4 header");
    expect(decodePacket(whole.subarray(0, 38)).problem).toBe("truncated TCP header");
  });
});

describe("TCP", () => {
  test.each([
    [0x02, "S"],
    [0x12, "S."],
    [0x14, "R."],
    [0x11, "F."],
    [0x18, "P."],
  ])("flags %i", (flags, letters) => {
    expect(line(ethernet(0x0800, ipv4(6, tcp(40_000, 80, flags, { seq: 5, ack: 9 }))))).toBe(
      `IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [${letters}], seq 5${letters.includes(".") ? ", ack 9" : ""}, win 64240, length 0`,
    );
  });

  test("sequence range with payload", () => {
    expect(
      line(ethernet(0x0800, ipv4(6, tcp(1, 2, 0x18, { seq: 4_294_967_294, payload: bytes("00000000") })))),
    ).toContain("seq 4294967294:2,");
  });
});

describe("IPv6", () => {
  const echo6 = bytes([128, 0], u16(0), u16(3), u16(9), "6162");

  test("extension headers are walked", () => {
    const chain = bytes([43, 0, 0, 0, 0, 0, 0, 0], [60, 0, 0, 0, 0, 0, 0, 0], [58, 1], new Uint8Array(14), echo6);
    const packet = decodePacket(ethernet(0x86dd, ipv6(0, chain, A6, B6)));
    expect(packet.ip?.protocol).toBe(58);
    expect(formatPacket(packet)).toBe("IP6 fd00::1 > fd00::2: ICMP6 echo request, id 3, seq 9, ttl 64");
  });

  test("fragments", () => {
    const first = bytes([58, 0], u16(0x0001), u32(77), echo6);
    expect(decodePacket(ethernet(0x86dd, ipv6(44, first, A6, B6)))).toMatchObject({
      ip: { fragment: { id: 77, offset: 0, more: true } },
      icmp: { name: "echo-request" },
    });
    const later = decodePacket(ethernet(0x86dd, ipv6(44, bytes([58, 0], u16(0x0010), u32(77), echo6), A6, B6)));
    expect(later.icmp).toBeUndefined();
    expect(later.ip?.fragment?.offset).toBe(16);
  });

  test("neighbour discovery", () => {
    const solicitation = bytes([135, 0], u16(0), u32(0), B6);
    expect(line(ethernet(0x86dd, ipv6(58, solicitation, A6, B6)))).toBe(
      "IP6 fd00::1 > fd00::2: ICMP6 neighbor solicitation, who has fd00::2",
    );
  });
});

describe("ICMP errors quote what they are about", () => {
  test("fragmentation needed, with the next-hop MTU", () => {
    const quoted = ipv4(6, tcp(40_000, 80, 2), { dst: "10.9.9.9", total: 1500 }).subarray(0, 28);
    const frame = ethernet(0x0800, ipv4(1, bytes([3, 4], u16(0), u16(0), u16(1450), quoted), { src: "10.0.0.254" }));
    const { icmp } = decodePacket(frame);
    expect(icmp).toMatchObject({
      name: "frag-needed",
      mtu: 1450,
      quoted: { ip: { dst: "10.9.9.9" }, tcp: { sport: 40_000, dport: 80 } },
    });
    expect(line(frame)).toContain("ICMP 10.9.9.9 packet too big, mtu 1450 (about IP 10.0.0.1.40000 > 10.9.9.9.80:");
  });

  test("what a tunnel carried, as far as it is quoted", () => {
    const inner = ipv4(6, tcp(40_000, 80, 2), { src: "10.244.0.2", dst: "10.244.1.2" });
    const about = (bytesOfOuter: number): string =>
      line(
        ethernet(0x0800, ipv4(1, bytes([3, 4], u16(0), u16(0), u16(1450), ipv4(4, inner).subarray(0, bytesOfOuter)))),
      );
    expect(about(60)).toContain("(about IP 10.0.0.1 > 10.0.0.2: IPIP: IP 10.244.0.2.40000 > 10.244.1.2.80: Flags [S]");
    expect(about(28)).toContain("(about IP 10.0.0.1 > 10.0.0.2: IPIP: unknown packet [truncated IPv4 header])");
  });

  test("port unreachable", () => {
    const frame = ethernet(0x0800, ipv4(1, bytes([3, 3], u16(0), u32(0), ipv4(17, udp(5, 53, bytes(""))))));
    expect(line(frame)).toContain("ICMP 10.0.0.2 unreachable: port");
  });
});

describe("VXLAN", () => {
  const inner = ethernet(0x0800, ipv4(1, echo(8), { src: "10.244.0.2", dst: "10.244.1.2" }));

  test("outer and inner packet, on the ports of Linux and IANA", () => {
    for (const port of [8472, 4789]) {
      const frame = ethernet(0x0800, ipv4(17, udp(50_000, port, vxlan(1, inner))));
      expect(line(frame)).toBe(
        `IP 10.0.0.1.50000 > 10.0.0.2.${port}: VXLAN, vni 1: IP 10.244.0.2 > 10.244.1.2: ICMP echo request, id 7, seq 1, ttl 64`,
      );
    }
  });

  test("a VXLAN inside a VXLAN, on a port of one's own", () => {
    const outer = ethernet(
      0x0800,
      ipv4(17, udp(1, 9999, vxlan(0xabcdef, ethernet(0x0800, ipv4(17, udp(2, 4789, vxlan(2, inner))))))),
    );
    expect(decodePacket(outer).vxlan).toBeUndefined();
    const packet = decodePacket(outer, 1, { vxlanPorts: [9999] });
    expect(packet.vxlan?.vni).toBe(0xabcdef);
    expect(packet.vxlan?.inner.vxlan).toMatchObject({ vni: 2, inner: { icmp: { name: "echo-request" } } });
    // The same without being given the port, where IP is inside.
    expect(decodeTunnelled(outer, 1).vxlan?.vni).toBe(0xabcdef);
    const data = ethernet(0x0800, ipv4(17, udp(1, 9999, vxlan(1, bytes("00 01 02 03")))));
    expect(decodeTunnelled(data, 1).vxlan).toBeUndefined();
  });

  test("other traffic on the port is not taken for VXLAN", () => {
    expect(decodePacket(ethernet(0x0800, ipv4(17, udp(1, 8472, vxlan(1, inner, 0x00))))).vxlan).toBeUndefined();
  });
});

test("SCTP ports", () => {
  expect(line(ethernet(0x0800, ipv4(132, bytes(u16(1000), u16(2000), u32(0), u32(0)))))).toBe(
    "IP 10.0.0.1.1000 > 10.0.0.2.2000: SCTP, length 0",
  );
});

test("DNS in one line", () => {
  const question = bytes(
    u16(1),
    u16(0x0100),
    u16(1),
    u16(0),
    u16(0),
    u16(0),
    [3],
    "777777",
    [7],
    "6578616d706c65",
    [0],
    u16(1),
    u16(1),
  );
  expect(line(ethernet(0x0800, ipv4(17, udp(4000, 53, question))))).toBe(
    "IP 10.0.0.1.4000 > 10.0.0.2.53: DNS A? www.example",
  );
});

test("no bytes whatsoever make the decoder or the formatter throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(1, 101, 113, 276), (data, linkType) => {
      expect(typeof line(data, linkType)).toBe("string");
    }),
    { numRuns: 2000 },
  );
});

test("any change of a real VXLAN frame is survived too", () => {
  const frame = ethernet(
    0x0800,
    ipv4(
      17,
      udp(
        50_000,
        8472,
        vxlan(
          1,
          ethernet(0x86dd, ipv6(0, bytes([43, 0, 0, 0, 0, 0, 0, 0], [6, 0, 0, 0, 0, 0, 0, 0], tcp(1, 2, 2)), A6, B6)),
        ),
      ),
    ),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(frame.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
      fc.nat(frame.length),
      (changes, length) => {
        const copy = frame.slice(0, length);
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        expect(typeof line(copy)).toBe("string");
      },
    ),
    { numRuns: 2000 },
  );
});

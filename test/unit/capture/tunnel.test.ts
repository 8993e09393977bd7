import { describe, expect, test } from "vitest";
import { decodePacket } from "../../../src/capture/decode.ts";
import { formatPacket } from "../../../src/capture/format-packet.ts";
import { mismatches } from "../../../src/capture/match.ts";
import { LINKTYPE } from "../../../src/capture/pcap.ts";
import { bytes, echo, ethernet, ipv4, ipv6, tcp, u16, u32, udp } from "./frames.ts";

const line = (packet: Uint8Array): string => formatPacket(decodePacket(packet, LINKTYPE.raw));
const PING = ipv4(1, echo(8), { src: "10.9.0.1", dst: "10.9.0.2" });
const INSIDE = "IP 10.9.0.1 > 10.9.0.2: ICMP echo request, id 7, seq 1, ttl 64";

describe("packets in packets", () => {
  test.each([
    ["IPIP", 4, PING, `IPIP: ${INSIDE}`],
    [
      "SIT",
      41,
      ipv6(
        58,
        bytes([128, 0], u16(0), u16(3), u16(9)),
        "fd000000000000000000000000000001",
        "fd000000000000000000000000000002",
      ),
      "IPv6 in IP: IP6 fd00::1 > fd00::2: ICMP6 echo request, id 3, seq 9, ttl 64",
    ],
    ["GRE", 47, bytes(u16(0), u16(0x0800), PING), `GRE: ${INSIDE}`],
    [
      "GRE with checksum, key and sequence number",
      47,
      bytes(u16(0xb000), u16(0x0800), u32(0), u32(5), u32(1), PING),
      `GRE, key 5: ${INSIDE}`,
    ],
    ["Ethernet in GRE", 47, bytes(u16(0), u16(0x6558), ethernet(0x0800, PING)), `GRE: ${INSIDE}`],
    ["ESP", 50, bytes(u32(0x10), u32(3), new Uint8Array(32)), "ESP, spi 0x00000010, seq 3, length 40"],
  ])("%s", (_name, protocol, payload, text) => {
    expect(line(ipv4(protocol, payload))).toBe(`IP 10.0.0.1 > 10.0.0.2: ${text}`);
  });

  test("IP in GUE, at the port that kube-router takes", () => {
    const gue = bytes([0, 4], u16(0), PING);
    expect(line(ipv4(17, udp(40_000, 5555, gue)))).toBe(`IP 10.0.0.1.40000 > 10.0.0.2.5555: GUE: ${INSIDE}`);
    expect(line(ipv4(17, udp(40_000, 5556, gue)))).toContain("UDP, length");
    // A control message, and what is no IP packet.
    expect(line(ipv4(17, udp(40_000, 5555, bytes([0x20, 4], u16(0), PING))))).toContain("UDP, length");
    expect(line(ipv4(17, udp(40_000, 5555, bytes([0, 4], u16(0)))))).toContain("UDP, length");
  });

  test("cut headers are named", () => {
    expect(decodePacket(ipv4(47, bytes(u16(0x2000), u16(0x0800))), LINKTYPE.raw).problem).toBe("truncated GRE header");
    expect(decodePacket(ipv4(50, bytes(u32(1))), LINKTYPE.raw).problem).toBe("truncated ESP header");
  });

  test("expectations look inside", () => {
    const packet = decodePacket(ipv4(47, bytes(u16(0x2000), u16(0x0800), u32(5), PING)), LINKTYPE.raw);
    const differs = (inner: object) =>
      mismatches({ time: 0n, length: 0, place: "a/eth0", packet }, { protocol: "gre", inner });
    expect(differs({ dst: "10.9.0.2", protocol: "icmp" })).toEqual([]);
    expect(differs({ dst: "10.9.0.3" })).toEqual([{ field: "inner dst", expected: "10.9.0.3", got: "10.9.0.2" }]);
  });
});

const udpLine = (sport: number, dport: number, payload: Uint8Array) => line(ipv4(17, udp(sport, dport, payload)));
const tcpLine = (payload: Uint8Array) => line(ipv4(6, tcp(40_000, 8080, 0x18, { payload })));
const text = (words: string): Uint8Array => Buffer.from(words);

describe("above UDP", () => {
  const message = (type: number, length: number) => bytes([type, 0, 0, 0], u32(0x34120000), new Uint8Array(length - 8));
  test.each([
    ["an initiation", udpLine(1000, 2000, message(1, 148)), "WireGuard, handshake initiation"],
    ["a response", udpLine(1000, 2000, message(2, 92)), "WireGuard, handshake response"],
    ["data", udpLine(51_820, 2000, message(4, 64)), "WireGuard, data, receiver 0x1234, counter 0"],
    ["what only looks like data", udpLine(1000, 2000, message(4, 64)), "UDP, length 64"],
    ["an initiation of another length", udpLine(1000, 2000, message(1, 140)), "UDP, length 140"],
    [
      "ESP in UDP",
      udpLine(4500, 4500, bytes(u32(0x10), u32(3), new Uint8Array(16))),
      "ESP, spi 0x00000010, seq 3, length 24",
    ],
    ["IKE beside it", udpLine(4500, 4500, bytes(u32(0), new Uint8Array(16))), "UDP, length 20"],
  ])("%s", (_name, got, expected) => expect(got.replace(/^.*?: /, "")).toBe(expected));
});

/** A ClientHello with one cipher suite, server_name and ALPN (RFC 8446, RFC 6066, RFC 7301). */
function clientHello(name: string, protocol: string): Uint8Array {
  const sni = bytes(u16(0), u16(name.length + 5), u16(name.length + 3), [0], u16(name.length), text(name));
  const alpn = bytes(u16(16), u16(protocol.length + 3), u16(protocol.length + 1), [protocol.length], text(protocol));
  const extensions = bytes(sni, alpn);
  const body = bytes(
    u16(0x0303),
    new Uint8Array(32),
    [0],
    u16(2),
    u16(0x1301),
    [1, 0],
    u16(extensions.length),
    extensions,
  );
  return bytes([22, 3, 1], u16(body.length + 4), [1, 0], u16(body.length), body);
}

describe("above TCP", () => {
  test.each([
    [
      "a request",
      text("GET /healthz HTTP/1.1\r\nAccept: */*\r\nHost: web:80\r\n\r\n"),
      "HTTP GET /healthz (Host: web:80)",
    ],
    [
      "HBONE's CONNECT, where it is not encrypted",
      text("CONNECT 10.244.1.2:80 HTTP/1.1\r\nHost: 10.244.1.2:80\r\n\r\n"),
      "HTTP CONNECT 10.244.1.2:80",
    ],
    ["an answer", text("HTTP/1.1 503 Service Unavailable\r\n\r\n"), "HTTP 503 Service Unavailable"],
    [
      "plain HTTP/2",
      bytes(text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), [0, 0, 0, 4, 0, 0, 0, 0, 0], [0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88]),
      "HTTP/2 preface, SETTINGS, stream 1: 200",
    ],
    [
      "the name that a TLS client asks for",
      clientHello("web.example.com", "h2"),
      "TLS ClientHello, SNI web.example.com, ALPN h2",
    ],
    ["one that is cut", clientHello("web.example.com", "h2").subarray(0, 40), "TLS ClientHello"],
  ])("%s", (_name, payload, expected) =>
    expect(tcpLine(payload)).toMatch(new RegExp(`length \\d+: ${expected.replaceAll(/[()*.?]/g, "\\$&")}$`)),
  );

  test("anything else is TCP", () => expect(tcpLine(text("GETTING"))).toMatch(/length 7$/));
});

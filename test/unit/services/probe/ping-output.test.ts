import { describe, expect, it } from "vitest";
import { parsePing } from "../../../../src/services/probe/ping-output.ts";

const stats = (sent: number, received: number): string =>
  `\n--- x ping statistics ---\n${sent} packets transmitted, ${received} received, 0% packet loss, time 0ms\n`;

describe("ping's output", () => {
  it.each([
    ["answers", `64 bytes from 10.0.0.2: icmp_seq=1 ttl=62 time=0.052 ms\n${stats(2, 1)}rtt min/avg/max/mdev = 0.052/0.061/0.070/0.000 ms\n`, "",
      { outcome: "open", ping: { sent: 2, received: 1, ttl: 62, rttMs: 0.061 } }],
    ["host unreachable", `From 10.0.1.1 icmp_seq=1 Destination Host Unreachable\n${stats(1, 0)}`, "",
      { outcome: "unreachable", ping: { from: "10.0.1.1", message: "Destination Host Unreachable" } }],
    ["IPv6 address unreachable", `From fd00::1 icmp_seq=1 Destination unreachable: Address unreachable\n${stats(1, 0)}`, "",
      { outcome: "unreachable", ping: { from: "fd00::1", message: "Destination unreachable: Address unreachable" } }],
    ["frag needed", `From 10.0.1.1 icmp_seq=1 Frag needed and DF set (mtu = 1400)\n${stats(1, 0)}`, "", { outcome: "toobig", ping: { mtu: 1400, from: "10.0.1.1" } }],
    ["IPv6 too big", `From fd00::1 icmp_seq=1 Packet too big: mtu=1400\n${stats(1, 0)}`, "", { outcome: "toobig", ping: { mtu: 1400, from: "fd00::1" } }],
    ["local too big", stats(1, 0), "ping: local error: message too long, mtu=1450\n", { outcome: "toobig", ping: { mtu: 1450 } }],
    ["no route", "", "ping: connect: Network is unreachable\n", { outcome: "unreachable", error: "Network is unreachable", ping: { sent: 0 } }],
    ["dropped by OUTPUT", stats(1, 0), "ping: sendmsg: Operation not permitted\n", { outcome: "unreachable", error: "Operation not permitted" }],
    ["prohibit route", "", "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n", { outcome: "unreachable" }],
    ["ttl exceeded", `From 10.0.1.1 icmp_seq=1 Time to live exceeded\n${stats(1, 0)}`, "", { outcome: "unreachable", ping: { from: "10.0.1.1" } }],
    ["silence", stats(3, 0), "", { outcome: "timeout", ping: { sent: 3, received: 0 } }],
  ])("%s", (_name, stdout, stderr, expected) => {
    expect(parsePing(stdout, stderr)).toMatchObject(expected);
  }); // prettier-ignore
});

import { describe, expect, it } from "vitest";
import { compileRule } from "../../../../src/kernel/nftables/rule.ts";

describe("compileRule", () => {
  it.each([
    "ct state new jump services",
    "ip saddr != 10.244.0.0/16 jump mark-for-masquerade",
    'ip daddr @cluster-ips reject comment "of a Service: no such port"',
    "ip daddr . meta l4proto . th dport vmap @service-ips",
    "numgen random mod 2 vmap { 0 : goto a , 1 : goto b }",
    "meta l4proto tcp dnat to 10.244.1.3:80",
  ])("speaks %s", (text) => {
    expect(compileRule(text, "ipv4")).toMatchObject({
      expressions: expect.arrayContaining([expect.any(Function)]) as unknown,
    });
  });

  it.each([
    "tcp dport 80 accept",
    "ct state established accept",
    "ip saddr 010.1.2.3 drop",
    "ip saddr 10.0.0.0/33 drop",
    "ip saddr fd00::1 drop",
    "ip saddr { 10.0.0.1 , 10.0.0.2 } drop",
    "meta l4proto tcp dnat to [fd00::1]:80",
    "meta l4proto tcp dnat to 10.244.1.3:65536",
    "mark set mark and 0x4000",
    "jump",
    "fib daddr oif drop",
    "",
  ])("leaves to nft: %s", (text) => {
    expect(compileRule(text, "ipv4")).toBeUndefined();
  });
});

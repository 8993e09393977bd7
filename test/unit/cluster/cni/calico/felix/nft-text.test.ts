/** Felix' rules in nft's words and their hashes, by vectors of felix/nftables (table_test.go, match_builder_test.go, rules_test.go; 87c15906). */
import { expect, it } from "vitest";
import { nftComment, nftHashes, nftRuleText } from "../../../../../../src/cluster/cni/calico/felix/nft-text.ts";
import {
  ACCEPT,
  DROP,
  goTo,
  jump,
  match,
  RETURN,
  rule,
  setMark,
} from "../../../../../../src/cluster/cni/calico/felix/rule.ts";
import type { FelixAction, FelixMatch } from "../../../../../../src/cluster/cni/calico/felix/rule.ts";

const PLACE = { family: "ipv4", table: "filter", oldWords: false } as const;
const matched = (all: readonly FelixMatch[]): string =>
  nftRuleText(rule(all, ACCEPT), PLACE).replace(/ ?counter accept$/, "");
const done = (action: FelixAction, place = PLACE): string =>
  nftRuleText(rule([], action), place).replace(/^counter /, "");

it("each hash is of the rule and of those before it; appended rules have their own", () => {
  const rules = [ACCEPT, DROP, RETURN].map((action) => nftRuleText(rule([], action), PLACE));
  expect(rules).toEqual(["counter accept", "counter drop", "counter return"]);
  expect(nftHashes("cali-foobar", rules)).toEqual(["en3LGdDuVUQEgLl8", "iSw4pE2oK6hZ-s52", "UvIbKv-XqfNkFU3a"]);
  expect(nftHashes("filter-FORWARD*appends*", ["counter drop", "counter accept"])).toEqual([
    "T41ctVF7TLDIehjM",
    "AodlDFLDC_KqOIJO",
  ]);
});

it.each([
  [match.unmarked(0x400a), "meta mark & 0x400a == 0"],
  [match.anyMark(0x400a), "meta mark & 0x400a != 0"],
  [match.marked(0x4000), "meta mark & 0x4000 == 0x4000"],
  [match.markIs(0x400a, 0xf00f), "meta mark & 0xf00f == 0x400a"],
  [match.markIsNot(0x400a, 0xf00f), "meta mark & 0xf00f != 0x400a"],
  [match.state("INVALID"), "ct state invalid"],
  [match.state("DNAT", true), "ct status != dnat"],
  [match.in("tap1234abcd"), "iifname tap1234abcd"],
  [match.out("cali+"), "oifname cali*"],
  [match.fromLocal, "fib saddr type local"],
  [match.notFromOutDevice, "fib saddr . oif type != local"],
  [match.toLocal, "fib daddr type local"],
  [match.unanswerable, "fib saddr . mark . iif oif 0"],
  [match.protocol("tcp"), "meta l4proto tcp"],
  [match.protocol(123, true), "meta l4proto != 123"],
  [match.net("source", "10.0.0.4"), "ip saddr 10.0.0.4"],
  [match.net("destination", "10.0.0.4", true), "ip daddr != 10.0.0.4"],
  [match.inSet("calits:12345abc-_", "source"), "ip saddr @calits-12345abc-_"],
  [match.inSet("calits:12345abc-_", "destination", true), "ip daddr != @calits-12345abc-_"],
  [match.inPortedSet("calitn:1", "destination"), "ip daddr . meta l4proto . th dport @calitn-1"],
  [match.inPortedSet("calitn:1", "source", true), "ip saddr . meta l4proto . th sport != @calitn-1"],
  [
    [
      ...match.protocol(17),
      ...match.ports(
        "source",
        [
          { first: 1234, last: 1234 },
          { first: 5678, last: 6000 },
        ],
        true,
      ),
    ],
    "meta l4proto 17 udp sport != { 1234, 5678-6000 }",
  ],
  [
    [...match.protocol("tcp"), ...match.portIn("source", 1234), ...match.portIn("destination", 8080)],
    "meta l4proto tcp tcp sport { 1234 } tcp dport { 8080 }",
  ],
  [[...match.protocol("udp"), ...match.port("destination", 4789)], "meta l4proto udp udp dport 4789"],
  [match.icmp("ipv4", 123), "icmp type 123"],
  [match.icmp("ipv4", 123, 5, true), "icmp type != 123 code != 5"],
  [match.icmp("ipv6", 123, 5), "icmpv6 type 123 code 5"],
])("%j", (all, text) => {
  expect(matched(all)).toBe(text);
});

it.each<[FelixAction, string]>([
  [setMark(0x10000), "meta mark set mark or 0x10000"],
  [setMark(0, 0x1b0000), "meta mark set mark & 0xffe4ffff"],
  [setMark(0x200000, 0xffe00000), "meta mark set mark & 0x1fffff ^ 0x200000"],
  [{ does: "mark", bits: 0, mask: 0x180000, zeroAsHex: true }, "meta mark set mark & 0xffe7ffff ^ 0x0"],
  [jump("cali-rpf-skip"), "jump filter-cali-rpf-skip"],
  [goTo("cali-wl-to-host"), "goto filter-cali-wl-to-host"],
  [jump("NOTRACK"), "notrack"],
  [{ does: "masquerade" }, "masquerade fully-random"],
  [{ does: "masquerade", ports: "1024-4788" }, "masquerade to :1024-4788 fully-random"],
  [{ does: "snat", to: "10.0.0.1" }, "snat to 10.0.0.1 fully-random"],
  [{ does: "log", prefix: "calico-packet" }, 'log prefix "calico-packet: " level info'],
  [{ does: "nflog", group: 1, prefix: "APE0|np/ns/name" }, 'log prefix "APE0|np/ns/name" snaplen 80 group 1'],
])("%j", (action, text) => {
  expect(done(action)).toBe(text);
});

it("a verdict map is looked up without a counter; a rule without action continues; 3.29 has other words", () => {
  const dispatch = { does: "dispatch", way: "out", map: "cali-to-wl-dispatch", to: new Map() } as const;
  expect(nftRuleText(rule([], dispatch), PLACE)).toBe("oifname vmap @filter-cali-to-wl-dispatch");
  expect(nftRuleText(rule([], undefined, "Profile ksa.x"), PLACE)).toBe("continue");
  const old = { ...PLACE, oldWords: true };
  expect(nftRuleText(rule([], { does: "log", prefix: "calico-packet" }), old)).toBe(
    "counter log prefix calico-packet level info",
  );
});

it("a comment has the hash, what it is about, and 128 characters", () => {
  expect(nftComment("TEST", ["boz", "fizz"])).toBe("cali:TEST; boz fizz");
  expect(nftComment("TEST", ["boz\nfizz"])).toBe("cali:TEST; boz_fizz");
  expect(nftComment("TEST", ["a".repeat(129)])).toBe(`cali:TEST; ${"a".repeat(117)}`);
});

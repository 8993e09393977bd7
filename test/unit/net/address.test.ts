import { describe, expect, test } from "vitest";
import fc from "fast-check";
import {
  formatAddress,
  formatPrefix,
  hasHostBits,
  isUnassignable,
  parseAddress,
  parseInterfaceAddress,
  parsePrefix,
  prefixesOverlap,
  subPrefix,
} from "../../../src/net/address.ts";

describe("parseAddress", () => {
  // RFC 5952, section 4 and 5.
  test.each([
    ["2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"],
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:DB8::A", "2001:db8::a"],
    ["::", "::"],
    ["::1", "::1"],
    ["fd00::", "fd00::"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
    ["192.0.2.255", "192.0.2.255"],
  ])("%s is written %s", (text, canonical) => {
    const address = parseAddress(text);
    expect(address === undefined ? undefined : formatAddress(address)).toBe(canonical);
  });

  test.each([
    "",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.01",
    "10.0.0.1 ",
    "0x0a.0.0.1",
    "1::2::3",
    ":1",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8:9",
    "g::",
    "fe80::1%eth0",
    "12345::",
    "::1.2.3",
  ])("%j is none", (text) => expect(parseAddress(text)).toBeUndefined());

  test("what is written is read back", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 128n - 1n), (value) => {
        expect(parseAddress(formatAddress({ family: "ipv6", value }))).toEqual({ family: "ipv6", value });
        const v4 = value & 0xffffffffn;
        expect(parseAddress(formatAddress({ family: "ipv4", value: v4 }))).toEqual({ family: "ipv4", value: v4 });
      }),
    );
  });
});

const prefix = (text: string) => {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

describe("prefixes", () => {
  test.each([
    ["192.168.50.11/24", "192.168.50.0/24"],
    ["10.1.2.3/32", "10.1.2.3/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["fd00:50::b/64", "fd00:50::/64"],
    ["2001:db8:1:2:3:4:5:6/49", "2001:db8:1::/49"],
  ])("%s is in %s", (address, text) => expect(formatPrefix(prefix(address))).toBe(text));

  test.each(["10.0.0.0", "192.168.50/24", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "fd00::/129", "x/8"])(
    "%j is none",
    (text) => expect(parseInterfaceAddress(text)).toBeUndefined(),
  );

  test("host bits", () => {
    expect(hasHostBits("10.0.0.1/24")).toBe(true);
    expect(hasHostBits("10.0.0.0/24")).toBe(false);
    expect(formatPrefix(prefix("fd00::1:2:3/64"))).toBe("fd00::/64");
  });

  test.each([
    ["10.0.0.0/8", "10.244.0.0/16", true],
    ["192.168.50.0/24", "192.168.0.0/16", true],
    ["fd00:50::/64", "fd00::/8", true],
    ["10.0.0.0/24", "10.0.1.0/24", false],
    ["0.0.0.0/0", "fd00::/8", false],
    ["fd00::/56", "fd00:0:0:ff::/64", true],
  ])("%s and %s overlap: %s", (a, b, overlap) => {
    expect(prefixesOverlap(prefix(a), prefix(b))).toBe(overlap);
    expect(prefixesOverlap(prefix(b), prefix(a))).toBe(overlap);
  });

  test("parts", () => {
    const part = (text: string, length: number, i: number) => {
      const found = subPrefix(prefix(text), length, i);
      return found === undefined ? undefined : formatPrefix(found);
    };
    expect(part("10.244.0.0/16", 24, 255)).toBe("10.244.255.0/24");
    expect(part("10.244.0.0/16", 24, 256)).toBeUndefined();
    expect(part("fd00:10:244::/56", 64, 2)).toBe("fd00:10:244:2::/64");
    // Lengths that no part has: whoever counts through the parts finds none.
    for (const length of [33, 15, 0, -1]) expect(part("10.244.0.0/16", length, 0)).toBeUndefined();
    expect(part("fd00:10:244::/56", 129, 7)).toBeUndefined();
  });

  test.each(["0.0.0.0", "224.0.0.1", "255.255.255.255", "ff02::1", "::"])(
    "%s does not belong to an interface",
    (text) => {
      const address = parseAddress(text);
      expect(address !== undefined && isUnassignable(address)).toBe(true);
    },
  );
});

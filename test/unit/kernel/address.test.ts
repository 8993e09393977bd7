import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ipText, macText } from "../../../src/net/address-bytes.ts";
import { ipBytes, macBytes, prefixBytes } from "../../../src/kernel/address.ts";

const back = (bytes: Uint8Array): string => ipText(Buffer.from(bytes), 0, bytes.length);

describe("addresses", () => {
  test("any bytes survive the way to text and back", () => {
    const size = fc.constantFrom(4, 16).chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    fc.assert(fc.property(size, (bytes) => Buffer.from(ipBytes(back(bytes))).equals(bytes)));
  });

  test.each(["0.0.0.0", "10.244.0.1", "::", "::1", "fd00:10:244::2", "2001:db8:0:1::", "1:0:0:2::3"])(
    "%s is canonical",
    (text) => {
      expect(back(ipBytes(text))).toBe(text);
    },
  );

  test.each(["10.0.0", "10.0.0.256", "10.0.0.0.1", "10.0.0.x", "10.0.0.-1", ":::", "fd00::g", ""])(
    "%j is refused",
    (text) => {
      expect(() => ipBytes(text)).toThrow("not an IP address");
    },
  );

  test("prefixes", () => {
    expect(prefixBytes("10.0.0.0/8")).toEqual({ bytes: Uint8Array.of(10, 0, 0, 0), length: 8 });
    expect(prefixBytes("fd00::1").length).toBe(128);
    for (const wrong of ["10.0.0.0/33", "10.0.0.0/x", "::/129"])
      expect(() => prefixBytes(wrong)).toThrow("not a prefix");
  });

  test("MAC addresses", () => {
    const bytes = macBytes("02:00:5E:00:00:ff");
    expect(macText(Buffer.from(bytes), 0, 6)).toBe("02:00:5e:00:00:ff");
    for (const wrong of ["02:00:5e:00:00", "02-00-5e-00-00-ff", "02:00:5e:00:00:fg"])
      expect(() => macBytes(wrong)).toThrow("not a MAC address");
  });
});

import { expect, test } from "vitest";
import { parseLegacyAddress, parseLegacyPrefix } from "../../../src/net/legacy-address.ts";

test("old notations of addresses", () => {
  expect(parseLegacyAddress("172.30.0.041")?.text).toBe("172.30.0.41");
  expect(parseLegacyAddress("0.0.0.0")?.text).toBe("0.0.0.0");
  expect(parseLegacyAddress("fd00:0::1")?.text).toBe("fd00::1");
  expect(parseLegacyAddress("1.2.3")).toBeUndefined();
  expect(parseLegacyPrefix(" 203.0.113.0/025")).toBe("203.0.113.0/25");
  expect(parseLegacyPrefix("203.0.113.9/25")).toBe("203.0.113.0/25");
  expect(parseLegacyPrefix("203.0.113.0/33")).toBeUndefined();
});

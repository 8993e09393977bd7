import { expect, test } from "vitest";
import { highestFree, highestFreeRange, overlap, subnetOf } from "../../../src/hub/subnet.ts";
import type { Subnet } from "../../../src/hub/subnet.ts";

function subnet(text: string): Subnet {
  const found = subnetOf(text);
  if (found === undefined) throw new Error(`${text} is none`);
  return found;
}

test.each([
  ["192.168.50.11/24", "192.168.50.0/24"],
  ["10.1.2.3/32", "10.1.2.3/32"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["fd00:50::b/64", "fd00:50::/64"],
  ["2001:db8:1:2:3:4:5:6/49", "2001:db8:1::/49"],
])("%s is in %s", (address, text) => {
  expect(subnetOf(address)?.text).toBe(text);
});

test.each(["192.168.50.11", "192.168.50/24", "10.0.0.1/33", "fd00::1/129", "hello/8"])("%s is none", (text) => {
  expect(subnetOf(text)).toBeUndefined();
});

test.each([
  ["192.168.50.0/24", "192.168.0.0/16", true],
  ["192.168.0.0/16", "192.168.50.0/24", true],
  ["192.168.50.0/24", "192.168.51.0/24", false],
  ["fd00:50::/64", "fd00::/8", true],
  ["10.0.0.0/8", "fd00::/8", false],
])("%s and %s overlap: %s", (one, other, expected) => {
  expect(overlap(subnet(one), subnet(other))).toBe(expected);
});

test("the highest free address", () => {
  expect(highestFree(subnet("192.168.50.0/24"), ["192.168.50.254/24", "192.168.50.253/24"])).toBe("192.168.50.252");
  expect(highestFree(subnet("10.0.0.0/30"), ["10.0.0.1/30", "10.0.0.2/30"])).toBeUndefined();
  expect(highestFree(subnet("fd00:50::/64"), [])).toBe("fd00:50::fffe");
});

test.each([
  ["192.168.50.0/24", ["192.168.50.11/24"], 16, "192.168.50.240/28"],
  ["192.168.50.0/24", ["192.168.50.241/24", "192.168.50.230/24"], 16, "192.168.50.208/28"],
  ["10.0.0.0/28", ["10.0.0.1/28"], 16, undefined],
  ["10.0.0.0/27", ["10.0.0.1/27", "10.0.0.20/27"], 16, undefined],
])("the highest free range of %s beside %j: %s", (text, taken, size, range) => {
  expect(highestFreeRange(subnet(text), taken, size)?.text).toBe(range);
});

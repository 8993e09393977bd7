import { expect, test } from "vitest";
import { highestFree, highestFreeRange } from "../../../src/hub/subnet.ts";
import { formatPrefix, parsePrefix } from "../../../src/net/address.ts";
import type { Prefix } from "../../../src/net/address.ts";

function subnet(text: string): Prefix {
  const found = parsePrefix(text);
  if (found === undefined) throw new Error(`${text} is none`);
  return found;
}

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
  const found = highestFreeRange(subnet(text), taken, size);
  expect(found && formatPrefix(found)).toBe(range);
});

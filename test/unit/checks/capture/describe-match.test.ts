import { expect, test } from "vitest";
import { describeCount, describeMatch } from "../../../../src/checks/capture/describe-match.ts";

test("expected packets in words", () => {
  expect(describeCount({ min: 1, max: Infinity })).toBe("a packet");
  expect(describeCount({ min: 2, max: Number.MAX_SAFE_INTEGER })).toBe("2 or more packets");
  expect(describeCount({ min: 0, max: 0 })).toBe("no packet");
  expect(describeCount({ min: 1, max: 1 })).toBe("exactly 1 packet");
  expect(describeCount({ min: 0, max: 5 })).toBe("at most 5 packets");
  expect(describeCount({ min: 1, max: 3 })).toBe("1 to 3 packets");
  const client = { text: "pod/client", ns: "default/client", node: "n", addresses: {} };
  expect(describeMatch({ vni: 1, inner: { src: client, dport: 80 }, then: [{ flags: "RST" }] })).toBe(
    "vni 1, inner src pod/client, dport 80, then flags RST",
  );
});

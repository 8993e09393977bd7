/** A skipped test has a reason that is known; one without is a failure where K8SNET_NO_SKIP is set. */
import { expect, test } from "vitest";
import { skipReason } from "../../../scripts/skip-reasons.ts";

test("the reason is the note, or at the end of the test's name or its group's", () => {
  expect(skipReason("a > b", "needs root")).toBe("needs root");
  expect(skipReason("a > limits the rate (the kernel lacks tbf)", undefined)).toBe("the kernel lacks tbf");
  expect(skipReason("upstream's flows (needs the conformance data) > iptables > 1", undefined)).toBe(
    "needs the conformance data",
  );
  expect(skipReason("a > draws the screen (at 80×24)", undefined)).toBeUndefined();
});

test.each(["needs root", "needs tmux", "needs user namespaces", "the kernel lacks netem"])(
  "%s is a reason",
  (reason) => {
    expect(skipReason("a", reason)).toBe(reason);
    expect(skipReason(`a (${reason})`, undefined)).toBe(reason);
  },
);

test.each(["flaky", "needs work", "needs root and more time"])("%s is none", (reason) => {
  expect(skipReason("a", reason)).toBeUndefined();
});

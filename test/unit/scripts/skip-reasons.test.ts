/** A test may be skipped for a known reason only, and for none when K8SNET_NO_SKIP=1. */
import { expect, test } from "vitest";
import { isAllowedSkip, skipReason } from "../../../scripts/skip-reasons.ts";

test("the reason is the note, or at the end of the name", () => {
  expect(skipReason("a > b", "needs root")).toBe("needs root");
  expect(skipReason("a > limits the rate (the kernel lacks tbf)", undefined)).toBe("the kernel lacks tbf");
  expect(skipReason("a > draws the screen (at 80×24)", undefined)).toBeUndefined();
});

test.each(["needs root", "needs tmux", "needs user namespaces", "the kernel lacks netem"])(
  "%s is a reason",
  (reason) => {
    expect(isAllowedSkip(reason, {})).toBe(true);
    expect(isAllowedSkip(reason, { K8SNET_NO_SKIP: "1" })).toBe(false);
  },
);

test.each([undefined, "flaky", "needs work", "needs root and more time"])("%s is none", (reason) => {
  expect(isAllowedSkip(reason, {})).toBe(false);
});

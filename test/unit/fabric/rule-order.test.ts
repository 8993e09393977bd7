/** Where rules of several owners stand in one chain, whoever spoke first. */
import { expect, test } from "vitest";
import { inChainOrder } from "../../../src/fabric/rule-order.ts";
import type { RulePosition } from "../../../src/fabric/rule-order.ts";
import { newRule } from "../../../src/fabric/specs.ts";

const rule = (text: string, position?: RulePosition) =>
  newRule("ipv4", "nat", "PREROUTING", [text], { object: "", reason: "" }, position);

test("owners in their order; positions at the top and behind another owner", () => {
  const ordered = inChainOrder({
    user: [rule("user 1"), rule("user -I", "first"), rule("user 2")],
    cni: [rule("portmap", "after kube-proxy"), rule("cni")],
    "kube-proxy": [rule("last", "after cni"), rule("services")],
    policy: [rule("policy")],
  });
  expect(ordered.map(({ args }) => args[0])).toEqual([
    "user -I",
    "policy",
    "services",
    "portmap",
    "cni",
    "last",
    "user 1",
    "user 2",
  ]);
});

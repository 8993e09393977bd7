/** What the rules of one table made of a packet at one hook. */
import { shapeOf } from "../why/packet-way.ts";
import type { HopHere } from "./build-hops.ts";
import type { Place } from "./causes.ts";
import { endText, packetText } from "./ends.ts";
import { translationIn, type Evaluation } from "./evaluations.ts";

/** A rule as the story prints it: what its comment says, the cause says better. */
export function withoutComment(rule: string): string {
  return rule.replace(/ ?-m comment --comment (?:"(?:[^"\\]|\\.)*"|\S+)| comment "[^"]*"/, "");
}

/** `after`: the packet behind the hook. Undefined: the packet was let through, by no rule. */
export function netfilterHop(
  one: Evaluation,
  after: string | undefined,
  place: Place | undefined,
): HopHere | undefined {
  const [before, then] = [shapeOf(one.packet), after === undefined ? undefined : shapeOf(after)];
  const changed = (which: "from" | "to"): string | undefined =>
    before === undefined || then === undefined || endText(before, which) === endText(then, which)
      ? undefined
      : endText(then, which);
  const to = one.hook === "prerouting" || one.hook === "output" ? (changed("to") ?? translationIn(one)) : undefined;
  const from = one.hook === "postrouting" || one.hook === "input" ? changed("from") : undefined;
  const dropped = one.verdict === "drop" || one.verdict === "reject";
  const { decided, passed } = one;
  // What only lets it through is not worth a line, unless a rule decides it.
  if (to === undefined && from === undefined && !dropped && decided === undefined && passed.length === 0)
    return undefined;
  const effect = dropped
    ? `dropped${decided === undefined ? ` by the policy of ${one.chain}` : ""}`
    : to !== undefined
      ? `DNAT: to ${to}`
      : from !== undefined
        ? `SNAT: from ${from}`
        : decided === undefined
          ? "let through"
          : one.verdict;
  const path = one.path.slice(1);
  const rule = decided ?? passed.at(-1);
  const cause =
    rule === undefined
      ? undefined
      : place?.rules({ table: one.table, chain: rule.chain, index: rule.index, rule: rule.text });
  return {
    kind: "netfilter",
    at: `${one.hook.toUpperCase()} ${one.table}`,
    what: [path.join(" → "), effect, rule === undefined ? "" : `rule: ${withoutComment(rule.text)}`]
      .filter((text) => text !== "")
      .join("; "),
    packet: packetText(one.packet),
    cause,
    ...(dropped ? { lost: true as const } : {}),
    about: [one.table, ...one.path],
    rules: [...passed, ...(decided === undefined ? [] : [decided])].map(({ text }) => withoutComment(text)),
  };
}

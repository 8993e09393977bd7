/** The steps of a NetworkPolicy decision as text. */
import { formatSource } from "../cause.ts";
import type { Explanation, PartStep, RuleStep } from "../oracle/policy/policy-explain.ts";
import type { VerdictReason } from "../oracle/policy/policy-oracle.ts";
import type { Paint } from "./color.ts";

const OPEN: Readonly<Record<Exclude<VerdictReason, "rule" | "isolated">, string>> = {
  "no-pod": "it is not a pod: policies do not apply to it",
  "host-network": "it is in its node's network: policies do not apply to it",
  self: "a pod reaches itself: the packet does not leave it",
  "own-node": "a pod and its own node always reach each other",
  "not-isolated": "no policy selects it for this direction: everything is allowed",
};

function at(step: { readonly cause: { readonly source?: Parameters<typeof formatSource>[0] } }): string {
  const place = formatSource(step.cause.source);
  return place === "" ? "" : ` (${place})`;
}

function parts(name: string, list: readonly PartStep[], color: Paint): string[] {
  if (list.length === 0) return [`      ${color.green("✓")} ${name}: any`];
  return list.map(({ text, because }) =>
    because === undefined
      ? `      ${color.green("✓")} ${name}: ${text}`
      : `      ${color.red("✗")} ${name}: ${text}: ${because}`,
  );
}

function ruleLines(step: RuleStep, direction: "ingress" | "egress", color: Paint): string[] {
  const mark = step.matches ? color.green("✓ allows") : color.red("✗ does not match");
  return [
    `    ${mark} ${step.rule.cause.reason}${at(step.rule)}`,
    ...parts(direction === "ingress" ? "from" : "to", step.peers, color),
    ...parts("port", step.ports, color),
  ];
}

/** `pod a → pod b TCP 80: denied`, and each direction's steps below it. */
export function formatExplanation(
  explanation: Explanation,
  names: { readonly from: string; readonly to: string; readonly port: string },
  color: Paint,
): string {
  const word = (allowed: boolean): string => (allowed ? color.green("allowed") : color.red("denied"));
  const lines = [`${color.bold(`${names.from} → ${names.to} ${names.port}`)}: ${word(explanation.allowed)}`];
  for (const { direction, verdict, rules } of explanation.steps) {
    const who = direction === "egress" ? names.from : names.to;
    lines.push("", `${direction} of ${who}: ${word(verdict.allowed)}`);
    if (verdict.reason !== "rule" && verdict.reason !== "isolated") {
      lines.push(`  ${OPEN[verdict.reason]}`);
      continue;
    }
    for (const policy of verdict.isolatedBy) {
      const own = rules.filter((rule) => rule.policy === policy);
      lines.push(`  isolated by NetworkPolicy ${policy.namespace}/${policy.name}${at(policy)}`);
      if (own.length === 0) lines.push(`    it has no ${direction} rules: it allows nothing`);
      for (const rule of own) lines.push(...ruleLines(rule, direction, color));
    }
    if (!verdict.allowed) lines.push(`  no rule allows it`);
  }
  return `${lines.join("\n")}\n`;
}

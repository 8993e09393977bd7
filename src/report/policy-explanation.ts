/** The steps of a NetworkPolicy decision as text. */
import { formatSource } from "../cause.ts";
import { policyName } from "../kube/cluster-network-policy/cluster-network-policy.ts";
import type { AnyPolicy } from "../kube/cluster-network-policy/cluster-network-policy.ts";
import { hostCause, hostPlace } from "../oracle/policy/host-reason.ts";
import type { DirectionSteps, Explanation, PartStep, RuleStep, TierSteps } from "../oracle/policy/policy-explain.ts";
import type { VerdictReason } from "../oracle/policy/policy-oracle.ts";
import type { Paint } from "./color.ts";

const OPEN: Readonly<Record<Exclude<VerdictReason, "rule" | "isolated">, string>> = {
  "no-pod": "it is not a pod: policies of pods do not apply to it",
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

const DOES = { allow: "allows", deny: "denies", pass: "passes on", log: "logs" } as const;

function ruleLines(step: RuleStep, direction: DirectionSteps["direction"], color: Paint): string[] {
  const does = step.action === "deny" ? color.red(`✓ ${DOES.deny}`) : color.green(`✓ ${DOES[step.action]}`);
  const mark = step.matches ? does : color.red("✗ does not match");
  const name = "name" in step.rule && typeof step.rule.name === "string" ? ` "${step.rule.name}"` : "";
  return [
    `    ${mark} ${step.rule.cause.reason}${name}${at(step.rule)}`,
    ...parts(direction === "ingress" ? "from" : "to", step.peers, color),
    ...parts("port", step.ports, color),
  ];
}

/** Which decides where a tier does not. */
const NEXT: Readonly<Record<string, string>> = {
  Admin: "NetworkPolicies and the Baseline tier decide",
  Baseline: "it is allowed",
};

function placeText(policy: Exclude<AnyPolicy, { kind: "NetworkPolicy" }>): string {
  if ("order" in policy) return `, order ${policy.order}`;
  return "priority" in policy ? `, priority ${policy.priority}` : "";
}

function tierLines(
  { tier, policies, rules, unreached, outcome }: TierSteps,
  direction: DirectionSteps["direction"],
  color: Paint,
): string[] {
  if (outcome === "spared") return [`  ${OPEN["own-node"]}`];
  const lines = policies.flatMap((policy) => {
    const own = rules.filter((rule) => rule.policy === policy);
    if (policy.kind !== "NetworkPolicy") {
      // It comes after the rule that decides.
      if (own.length === 0) return [];
      const priority = placeText(policy);
      return [
        `  tier ${tier}: ${policyName(policy)}${priority}${at(policy)}`,
        ...own.flatMap((rule) => ruleLines(rule, direction, color)),
      ];
    }
    return [
      `  isolated by ${policyName(policy)}${at(policy)}`,
      ...(own.length === 0 ? [`    it has no ${direction} rules: it allows nothing`] : []),
      ...own.flatMap((rule) => ruleLines(rule, direction, color)),
    ];
  });
  if (tier === "NetworkPolicy") return outcome === "deny" ? [...lines, "  no rule allows it"] : lines;
  const rest = unreached === 0 ? "" : `, ${unreached} more ${unreached === 1 ? "rule is" : "rules are"} not reached`;
  const next = NEXT[tier] ?? "the next tier decides";
  const isMet = rules.some(({ matches, action }) => matches && action !== "log");
  const end =
    outcome === "pass"
      ? `${isMet ? "passed on" : "no rule matches"}: ${next}`
      : isMet
        ? `decided in tier ${tier}`
        : `no rule matches: tier ${tier} denies at its end`;
  return [...lines, `  ${end}${rest}`];
}

/** `HostEndpoint node1-eth0 (node1 eth0) ingress: denied`, with what decides. */
function hostLines({ hosts = [] }: Explanation, word: (allowed: boolean) => string): string[] {
  return hosts.flatMap((verdict) => {
    const deciding = verdict.decidedBy?.rule ?? verdict.isolatedBy[0];
    const place = deciding === undefined ? "" : at(deciding);
    return ["", `${hostPlace(verdict)}: ${word(verdict.allowed)}`, `  ${hostCause(verdict)}${place}`];
  });
}

/** `pod a → pod b TCP 80: denied`, and each direction's steps below it. */
export function formatExplanation(
  explanation: Explanation,
  names: { readonly from: string; readonly to: string; readonly port: string },
  color: Paint,
): string {
  const word = (allowed: boolean): string => (allowed ? color.green("allowed") : color.red("denied"));
  const lines = [`${color.bold(`${names.from} → ${names.to} ${names.port}`)}: ${word(explanation.allowed)}`];
  for (const { direction, verdict, tiers } of explanation.steps) {
    const who = direction === "egress" ? names.from : names.to;
    lines.push("", `${direction} of ${who}: ${word(verdict.allowed)}`);
    lines.push(...tiers.flatMap((tier) => tierLines(tier, direction, color)));
    if (verdict.reason === "rule" || verdict.reason === "isolated" || tiers.at(-1)?.outcome === "spared") continue;
    const undecided = tiers.length > 0 && verdict.reason === "not-isolated";
    lines.push(`  ${undecided ? "no tier decides: it is allowed" : OPEN[verdict.reason]}`);
  }
  return `${[...lines, ...hostLines(explanation, word)].join("\n")}\n`;
}

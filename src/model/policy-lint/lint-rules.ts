/** The registry of lint rules, and lint itself: what is probably not meant in NetworkPolicies. */
import type { SourceRef } from "../../cause.ts";
import type { PolicyWorld } from "../network-policy.ts";
import { dnsBlocked } from "./dns.ts";
import type { LintCheck } from "./lint-check.ts";
import { oneSided } from "./one-sided.ts";
import { unservedPort } from "./ports.ts";
import { redundantRule, unusedDirection } from "./redundant.ts";
import { redundantPart } from "./redundant-part.ts";
import { emptyPeer, emptySelection, splitPeer } from "./selectors.ts";

export const LINT_RULES = {
  "dns-blocked": { summary: "isolated pods cannot ask the cluster's DNS", check: dnsBlocked },
  "empty-selection": { summary: "a policy that selects no pod", check: emptySelection },
  "empty-peer": { summary: "a peer that matches no pod, or a label that no namespace has", check: emptyPeer },
  "split-peer": { summary: "namespaceSelector and podSelector in two entries", check: splitPeer },
  "redundant-rule": { summary: "a rule that allows nothing new", check: redundantRule },
  "redundant-part": { summary: "a peer or port that another one of its rule means already", check: redundantPart },
  "unused-direction": { summary: "rules for a direction that policyTypes does not list", check: unusedDirection },
  "unserved-port": { summary: "a port that no pod serves", check: unservedPort },
  "one-sided": { summary: "egress allowed but ingress denied, or the other way round", check: oneSided },
} as const satisfies Readonly<Record<string, { readonly summary: string; readonly check: LintCheck }>>;

export type LintRule = keyof typeof LINT_RULES;

export interface LintFinding {
  readonly rule: LintRule;
  readonly message: string;
  readonly hint: string;
  readonly source?: SourceRef | undefined;
}

/** All findings, by file and line. */
export function lintPolicies(world: PolicyWorld): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  for (const [rule, { check }] of Object.entries(LINT_RULES)) {
    check(world, (source, message, hint) => findings.push({ rule: rule as LintRule, message, hint, source }));
  }
  const file = ({ source }: LintFinding): string => source?.file ?? "";
  return findings.toSorted(
    (a, b) =>
      (file(a) < file(b) ? -1 : file(a) > file(b) ? 1 : 0) ||
      (a.source?.line ?? 0) - (b.source?.line ?? 0) ||
      (a.source?.column ?? 0) - (b.source?.column ?? 0),
  );
}

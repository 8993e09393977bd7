/** The registry of lint rules, and lint itself: what is probably not meant in NetworkPolicies. */
import type { SourceRef } from "../../cause.ts";
import type { PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { podAddress, serviceAddress } from "./addresses.ts";
import { dnsBlocked } from "./dns.ts";
import { emptyCalicoPeer, emptyCalicoSelection, unusedSet } from "./calico-selectors.ts";
import { equalOrder, passInLastTier, shadowedCalicoRule } from "./calico-tiers.ts";
import { hostCutOff } from "./host-endpoints.ts";
import type { LintCheck } from "./lint-check.ts";
import { oneSided } from "./one-sided.ts";
import { unservedPort } from "./ports.ts";
import { redundantRule, unusedDirection } from "./redundant.ts";
import { redundantPart } from "./redundant-part.ts";
import { domainNames, equalPriority, overriddenBaseline, shadowedRule } from "./tiers.ts";
import { emptyPeer, emptySelection, splitPeer } from "./selectors.ts";

interface Rule {
  readonly summary: string;
  /** One for each API that it is about. */
  readonly checks: readonly LintCheck[];
  /** It depends on existing pods: in a folder of policies alone it would report every policy. */
  readonly needsPods: boolean;
}

export const LINT_RULES = {
  "dns-blocked": { summary: "isolated pods cannot ask the cluster's DNS", checks: [dnsBlocked], needsPods: true },
  "empty-selection": {
    summary: "a policy that selects no pod (and no host endpoint)",
    checks: [emptySelection, emptyCalicoSelection],
    needsPods: true,
  },
  "empty-peer": {
    summary: "a peer that matches no pod or endpoint, or a label that no namespace has",
    checks: [emptyPeer, emptyCalicoPeer],
    needsPods: true,
  },
  "service-address": {
    summary: "an ipBlock, except or net of Services' addresses",
    checks: [serviceAddress],
    needsPods: false,
  },
  "pod-address": { summary: "an ipBlock, except or net of pods' addresses", checks: [podAddress], needsPods: false },
  "split-peer": { summary: "namespaceSelector and podSelector in two entries", checks: [splitPeer], needsPods: false },
  "redundant-rule": { summary: "a rule that allows nothing new", checks: [redundantRule], needsPods: false },
  "redundant-part": {
    summary: "a peer or port that another entry of its rule already covers",
    checks: [redundantPart],
    needsPods: false,
  },
  "unused-direction": {
    summary: "rules for a direction that policyTypes (Calico: types) does not list",
    checks: [unusedDirection],
    needsPods: false,
  },
  "shadowed-rule": {
    summary: "a rule that never decides: one before it, or of a higher tier, decides about all of it",
    checks: [shadowedRule, shadowedCalicoRule],
    needsPods: false,
  },
  "overridden-baseline": {
    summary: "Baseline rules for pods that NetworkPolicies isolate",
    checks: [overriddenBaseline],
    needsPods: true,
  },
  "equal-priority": {
    summary: "two policies of one tier and priority (Calico: order) that disagree",
    checks: [equalPriority, equalOrder],
    needsPods: true,
  },
  "pass-in-last-tier": {
    summary: "Pass in the last tier: no policy is left to decide",
    checks: [passInLastTier],
    needsPods: false,
  },
  "unused-set": { summary: "a set of networks that no rule's selector selects", checks: [unusedSet], needsPods: false },
  "host-cut-off": {
    summary: "a host endpoint that denies its node all but failsafe ports, or the kubelet's",
    checks: [hostCutOff],
    needsPods: false,
  },
  "domain-names": { summary: "domainNames, which are not enforced here", checks: [domainNames], needsPods: false },
  "unserved-port": { summary: "a port that no pod serves", checks: [unservedPort], needsPods: true },
  "one-sided": {
    summary: "egress allowed but ingress denied, or the other way round",
    checks: [oneSided],
    needsPods: true,
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type LintRule = keyof typeof LINT_RULES;

export interface LintFinding {
  readonly rule: LintRule;
  readonly message: string;
  readonly hint: string;
  readonly source?: SourceRef | undefined;
}

/** All findings, by file and line. `podless`: only those that do not depend on the pods. */
export function lintPolicies(world: PolicyWorld, { podless = false } = {}): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  for (const [rule, { checks, needsPods }] of Object.entries(LINT_RULES)) {
    if (podless && needsPods) continue;
    for (const check of checks)
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

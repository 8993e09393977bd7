/** What dropped a packet, in words: a rule that counted it, a policy that logged it. */
import { clusterOfNamespace } from "../cluster/lab-clusters.ts";
import type { Lab } from "../lab/lab.ts";
import { formatNamespace } from "../net/place.ts";
import type { ObservedState } from "../resources/observed.ts";
import type { TraceResult } from "../services/trace/protocol.ts";
import { droppingRules } from "./dropping-rules.ts";
import type { RuleListing } from "../resources/rule-listing.ts";
import type { DroppingRule } from "./dropping-rules.ts";
import { ownRules } from "./foreign-on-way.ts";
import type { PacketWay } from "./packet-way.ts";
import { formatDenial } from "./policy-denial.ts";

export function droppedAt(
  ns: string,
  way: PacketWay,
  before: ReadonlyMap<string, RuleListing>,
  after: ReadonlyMap<string, RuleListing>,
  observed: ObservedState,
): readonly DroppingRule[] {
  const last = after.get(ns);
  const first = before.get(ns) ?? last;
  if (first === undefined || last === undefined) return [];
  return droppingRules(ns, way, first, last, ownRules(observed, ns));
}

/** By a NetworkPolicy. */
export function deniedBy(lab: Lab, trace: TraceResult, [rule]: readonly DroppingRule[]): string | undefined {
  const denied = trace.denials.find(({ forward }) => forward) ?? trace.denials[0];
  if (denied !== undefined) return formatDenial(clusterOfNamespace(lab, denied.ns), denied.words, denied.ns);
  return rule?.policy === undefined ? undefined : formatDenial(clusterOfNamespace(lab, rule.ns), rule.policy, rule.ns);
}

export function droppedBy([rule]: readonly DroppingRule[]): string | undefined {
  return rule === undefined ? undefined : `${rule.text} on ${formatNamespace(rule.ns)}`;
}

/** `problem`: why it stopped there. `explained`: something else says why. */
export function lastSeenText(text: string, problem: string | undefined, explained: boolean): string {
  if (problem !== undefined) return `${text}: ${problem}`;
  const vague = /(nothing left \S+ after that|never left [^:]*)$/.test(text);
  return vague && !explained ? `${text}; cause unknown` : text;
}

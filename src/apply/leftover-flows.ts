/**
 * Flows that connection tracking has from rules that were not as the lab made them: a flow is translated once, by its first
 * packet, so it goes the wrong way also after the rules have been put right. When `up` repairs a table, or others have changed
 * one before checks begin, they are deleted.
 */
import { forgetFlows, type TrackedFlow } from "../kernel/conntrack.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { Operation } from "../resources/operation.ts";
import type { Family } from "../net/family.ts";
import type { Resource } from "../resources/resource.ts";
import { sameSpec } from "../resources/same-spec.ts";
import { forgetStaleFlows } from "../resources/conntrack/apply.ts";
import type { LabRuntime } from "./runtime.ts";

const TCP = 6;

export interface ForgottenFlows {
  readonly ns: string;
  readonly flows: number;
}

/** Where rules translate addresses: a namespace and its families. */
export interface RepairedRules {
  readonly ns: string;
  readonly families: readonly Family[];
}

export function translates(resource: Resource): readonly Family[] {
  return definitionOf(resource).translates?.(resource) ?? [];
}

/** True when the current state is not what the lab applied: others changed it. An edit applies to exactly what was applied. */
function isRepair({ action, before, edit }: Operation, applied: Resource | undefined): boolean {
  if (applied === undefined || edit !== undefined || action === "delete") return false;
  return action === "create" || before === undefined || !sameSpec(before, applied);
}

/** Call it before the operations are journalled. `applied`: the lab as it was last applied. */
export function repairedRules(
  operations: readonly Operation[],
  applied: ReadonlyMap<string, Resource>,
): readonly RepairedRules[] {
  return operations.flatMap((operation) => {
    const { resource } = operation;
    const families = translates(resource);
    return families.length > 0 && isRepair(operation, applied.get(resource.id)) ? [{ ns: resource.ns, families }] : [];
  });
}

/** Answered connections are kept: they would break. All others are judged again by their next packet. */
function isLeftover({ protocol, replied, translated }: TrackedFlow): boolean {
  return !replied || (protocol !== TCP && !translated);
}

/** How many in which namespaces, where there were any. Throws NetlinkError. */
export function forgetLeftoverFlows(
  repaired: readonly RepairedRules[],
  runtime: LabRuntime,
): readonly ForgottenFlows[] {
  const done = new Set<string>();
  const forgotten = new Map<string, number>();
  for (const { ns, families } of repaired) {
    const netns = runtime.find(ns);
    if (netns === undefined) continue;
    for (const family of families) {
      if (done.has(`${ns} ${family}`)) continue;
      done.add(`${ns} ${family}`);
      const flows = forgetFlows(netns, family, isLeftover);
      if (flows > 0) forgotten.set(ns, (forgotten.get(ns) ?? 0) + flows);
    }
  }
  forgetStaleFlows(runtime, done);
  return [...forgotten].map(([ns, flows]) => ({ ns, flows }));
}

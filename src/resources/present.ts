/** The current state when a lab is to be changed: as observed, or, between two states of one agent's lab, as it was applied. */
import { compareObserved } from "./another-device.ts";
import { definitionOf } from "./definitions.ts";
import { MISSING, SAME, type Comparison } from "./kind.ts";
import { ObservedIndex } from "./observed-index.ts";
import type { ObservedState } from "./observed.ts";
import type { Resource } from "./resource.ts";

export interface Present {
  readonly applied: Readonly<Record<string, Resource>>;
  compare(resource: Resource): Comparison;
  /** The part of what was applied that is still there. */
  present(resource: Resource): Resource;
  /** It runs in the agent. */
  running(id: string): boolean;
  /** Rules: their form in the kernel was read back when they were applied. */
  isKnown(id: string): boolean;
}

export function observedPresent(state: ObservedState): Present {
  const observed = new ObservedIndex(state);
  return {
    applied: state.applied,
    compare: (resource) => compareObserved(resource, observed),
    present: (resource) => definitionOf(resource).plan.present?.(resource, observed) ?? resource,
    running: (id) => observed.running.has(id),
    isKnown: (id) => state.iptablesAfterApply[id] !== undefined,
  };
}

/** Nothing else has changed anything: what was applied exists. */
export function appliedPresent(before: readonly Resource[]): Present {
  const applied = Object.fromEntries(before.map((resource) => [resource.id, resource]));
  return {
    applied,
    compare: (resource) => (applied[resource.id] === undefined ? MISSING : SAME),
    present: (resource) => resource,
    running: (id) => applied[id] !== undefined,
    isKnown: (id) => applied[id] !== undefined,
  };
}

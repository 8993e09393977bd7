/** Where the lab says what a hop is made of: by namespace, from what was observed there. */
import { findCauses, type Causes } from "../installed/causes.ts";
import { ruleCauses, type RuleCauses } from "../installed/rule-causes.ts";
import type { Family } from "../net/family.ts";
import type { NamespaceState, ObservedState } from "../resources/observed.ts";

export interface Place {
  readonly state: NamespaceState;
  readonly causes: Causes;
  readonly rules: RuleCauses;
}

/** Undefined: the namespace was not looked at. */
export function placesOf(observed: ObservedState, family: Family): (ns: string) => Place | undefined {
  const places = new Map<string, Place>();
  return (ns) => {
    const state = observed.namespaces[ns];
    if (state === undefined) return undefined;
    const place = places.get(ns) ?? {
      state,
      causes: findCauses(state, observed.applied),
      rules: ruleCauses(state, observed.applied, family),
    };
    places.set(ns, place);
    return place;
  };
}

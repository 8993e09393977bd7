/** Network namespaces: everything else lives in one. */
import type { NetnsResource } from "./definition.ts";
import { changed, MISSING } from "../kind.ts";
import type { KindPlan } from "../kind.ts";
import { missingOwnRules, ownRuleText } from "../own-rules.ts";

export const netnsPlan: KindPlan<NetnsResource> = {
  dependencies: () => ({ needs: [], diesWith: [] }),
  compare({ ns }, observed) {
    const there = observed.namespace(ns);
    if (there === undefined) return MISSING;
    return changed(missingOwnRules(there.state.rules).map((rule) => `${ownRuleText(rule)} is missing`));
  },
  // Its name on the host contains the machine: a pod that moves gets a new namespace.
  replaces: (before, after) => before.node !== after.node,
};

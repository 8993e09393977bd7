/** Network namespaces: everything else lives in one. */
import type { NetnsResource } from "./definition.ts";
import { changed, difference, MISSING } from "../kind.ts";
import type { KindPlan } from "../kind.ts";
import { missingOwnRules, ownRuleText } from "../own-rules.ts";

export const netnsPlan: KindPlan<NetnsResource> = {
  dependencies: () => ({ needs: [], diesWith: [] }),
  compare({ ns }, observed) {
    const there = observed.namespace(ns);
    if (there === undefined) return MISSING;
    return changed([
      ...difference("lo", there.links.get("lo")?.up === false ? "down" : "up", "up"),
      ...missingOwnRules(there.state.rules).map((rule) => `${ownRuleText(rule)} is missing`),
    ]);
  },
  // Its name on the host contains the machine: a pod that moves gets a new namespace.
  replaces: (before, after) => before.node !== after.node,
};

/** Policy routing rules. */
import type { RuleResource } from "./definition.ts";
import { ids, MISSING, SAME } from "../kind.ts";
import type { KindPlan } from "../kind.ts";
import { ruleKey } from "../observed-index.ts";

export const rulePlan: KindPlan<RuleResource> = {
  dependencies(rule, index) {
    const home = ids(index.netns(rule.ns));
    return { needs: home, diesWith: home };
  },
  compare: (rule, observed) => (observed.namespace(rule.ns)?.rules.has(ruleKey(rule)) === true ? SAME : MISSING),
  replaces: () => true,
};

/** Policy routing rules. */
import type { RuleResource } from "./definition.ts";
import { changed, ids, MISSING, SAME, type KindPlan } from "../kind.ts";
import { ruleKey } from "../observed-index.ts";

export const rulePlan: KindPlan<RuleResource> = {
  dependencies(rule, index) {
    const home = ids(index.netns(rule.ns));
    return { needs: home, diesWith: home };
  },
  compare(rule, observed) {
    const rules = observed.namespace(rule.ns)?.rules;
    if (rules?.has(ruleKey(rule)) !== true) return MISSING;
    const { movedFrom: priority } = rule;
    const isBack = priority !== undefined && rules.has(ruleKey({ ...rule, priority }));
    return isBack ? changed([`the kernel's own rule ${priority} is there again`]) : SAME;
  },
  replaces: () => true,
};

/** Routing policy rules. */
import { addRule, deleteRule } from "../../kernel/rtnl/rule.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import type { SyncApplier } from "../../apply/kind.ts";
import { removeIn } from "../../apply/kinds/remove.ts";

export const rule = {
  create(resource, context) {
    addRule(rtnlOf(context.netns(resource.ns)), resource);
  },
  /** The new one first, so that there is no moment without a rule. */
  update(resource, before, context) {
    this.create(resource, context);
    const same = (["family", "priority", "from", "to", "iif", "oif", "fwmark", "table"] as const).every(
      (key) => before?.[key] === resource[key],
    );
    if (before !== undefined && !same) this.remove(before, context);
  },
  remove(resource, context) {
    removeIn(resource.ns, context, (rtnl) => deleteRule(rtnl, resource));
  },
} satisfies SyncApplier<"rule">;

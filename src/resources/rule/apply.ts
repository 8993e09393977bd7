/** Routing policy rules. */
import { addRule, deleteRule } from "../../kernel/rtnl/rule.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import type { SyncApplier } from "../../apply/kind.ts";
import { removeIn } from "../../apply/links/remove.ts";

export const rule = {
  create(resource, context) {
    const rtnl = rtnlOf(context.netns(resource.ns));
    addRule(rtnl, resource);
    if (resource.movedFrom !== undefined) deleteRule(rtnl, { ...resource, priority: resource.movedFrom });
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
    removeIn(resource.ns, context, (rtnl) => {
      if (resource.movedFrom !== undefined) addRule(rtnl, { ...resource, priority: resource.movedFrom });
      deleteRule(rtnl, resource);
    });
  },
} satisfies SyncApplier<"rule">;

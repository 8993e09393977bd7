/** Routes. */
import { addRoute, deleteRoute, replaceRoute } from "../../kernel/rtnl/route.ts";
import { isErrno, rtnlOf } from "../../kernel/rtnl.ts";
import type { SyncApplier } from "../../apply/kind.ts";
import { removeIn } from "../../apply/kinds/remove.ts";

export const route = {
  create(resource, context) {
    const rtnl = rtnlOf(context.netns(resource.ns));
    try {
      addRoute(rtnl, resource);
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      replaceRoute(rtnl, resource);
    }
  },
  update(resource, before, context) {
    if (
      before !== undefined &&
      (before.to !== resource.to || before.table !== resource.table || before.metric !== resource.metric)
    ) {
      this.remove(before, context);
    }
    replaceRoute(rtnlOf(context.netns(resource.ns)), resource);
  },
  remove(resource, context) {
    removeIn(resource.ns, context, (rtnl) => deleteRoute(rtnl, resource));
  },
} satisfies SyncApplier<"route">;

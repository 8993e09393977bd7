/** Routes. */
import { addRoute, deleteRoute, replaceRoute } from "../../kernel/rtnl/route.ts";
import { isErrno, rtnlOf } from "../../kernel/rtnl.ts";
import { ownRouteBefore } from "./own-route.ts";
import type { RuntimeApplier, SyncApplier } from "../../apply/kind.ts";
import { removeIn } from "../../apply/links/remove.ts";
import { awaitRoutes } from "../../apply/learned-routes.ts";

/** Those that the lab itself writes. */
export const ownRoute = {
  create(resource, context) {
    const rtnl = rtnlOf(context.netns(resource.ns));
    const before = ownRouteBefore(resource);
    if (before !== undefined) deleteRoute(rtnl, before);
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

export const route: RuntimeApplier<"route"> = {
  create: (resource, runtime) =>
    resource.daemon === undefined ? ownRoute.create(resource, runtime) : awaitRoutes([resource], runtime),
  update: (resource, before, runtime) =>
    resource.daemon === undefined ? ownRoute.update(resource, before, runtime) : awaitRoutes([resource], runtime),
  remove(resource, runtime) {
    if (resource.daemon === undefined) ownRoute.remove(resource, runtime);
  },
  async applyAll(changes, runtime) {
    const wanted = changes.filter(({ action }) => action !== "delete").map(({ resource }) => resource);
    await awaitRoutes(wanted, runtime);
  },
};

/** Egress rate limits by tbf. */
import { deleteRootQdisc, setTbf } from "../../kernel/rtnl/qdisc.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import type { SyncApplier } from "../../apply/kind.ts";
import { removeIn } from "../../apply/links/remove.ts";

export const qdisc = {
  create(resource, context) {
    setTbf(rtnlOf(context.netns(resource.ns)), resource);
  },
  update(resource, before, context) {
    if (before !== undefined && before.dev !== resource.dev) this.remove(before, context);
    this.create(resource, context);
  },
  remove(resource, context) {
    removeIn(resource.ns, context, (rtnl) => deleteRootQdisc(rtnl, resource.dev));
  },
} satisfies SyncApplier<"qdisc">;

/** Impairments by netem. */
import { setNetem } from "../../kernel/rtnl/netem.ts";
import { deleteRootQdisc } from "../../kernel/rtnl/qdisc.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import type { SyncApplier } from "../../apply/kind.ts";
import { removeIn } from "../../apply/links/remove.ts";

export const netem = {
  create(resource, context) {
    setNetem(rtnlOf(context.netns(resource.ns)), resource.dev, resource);
  },
  update(resource, _before, context) {
    this.create(resource, context);
  },
  remove(resource, context) {
    removeIn(resource.ns, context, (rtnl) => deleteRootQdisc(rtnl, resource.dev));
  },
} satisfies SyncApplier<"netem">;

/** Static forwarding entries of VXLAN devices and bridge ports. */
import { deleteFdb, setFdb } from "../../kernel/rtnl/neigh.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import type { SyncApplier } from "../../apply/kind.ts";
import { removeIn } from "../../apply/links/remove.ts";

export const fdb = {
  create(resource, context) {
    setFdb(rtnlOf(context.netns(resource.ns)), resource);
  },
  update(resource, before, context) {
    const moved = before?.dev !== resource.dev || before.mac !== resource.mac || before.dst !== resource.dst;
    if (before !== undefined && moved) this.remove(before, context);
    this.create(resource, context);
  },
  remove(resource, context) {
    removeIn(resource.ns, context, (rtnl) => deleteFdb(rtnl, resource));
  },
} satisfies SyncApplier<"fdb">;

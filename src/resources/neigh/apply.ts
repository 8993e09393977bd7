/** Permanent neighbour entries, and proxy entries. */
import { announceAddress } from "../../kernel/announce.ts";
import { deleteNeigh, setNeigh } from "../../kernel/rtnl/neigh.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import type { SyncApplier } from "../../apply/kind.ts";
import { removeIn } from "../../apply/links/remove.ts";

export const neigh = {
  create(resource, context) {
    const rtnl = rtnlOf(context.netns(resource.ns));
    setNeigh(rtnl, resource);
    if (resource.mac === undefined) announceAddress(rtnl, resource.dev, resource.address);
  },
  update(resource, before, context) {
    if (before !== undefined && (before.dev !== resource.dev || before.address !== resource.address))
      this.remove(before, context);
    this.create(resource, context);
  },
  remove(resource, context) {
    removeIn(resource.ns, context, (rtnl) => deleteNeigh(rtnl, resource));
  },
} satisfies SyncApplier<"neigh">;

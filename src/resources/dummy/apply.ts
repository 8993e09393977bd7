/** Dummy devices. */
import { createDummy } from "../../kernel/rtnl/link.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import type { SyncApplier } from "../../apply/kind.ts";
import { createOrAdjust, existingLink, removeLink, adjustLink } from "../../apply/kinds/link.ts";

export const dummy = {
  create(resource, context) {
    const rtnl = rtnlOf(context.netns(resource.ns));
    const { name, mac, mtu, master, up } = resource;
    createOrAdjust(
      rtnl,
      name,
      "dummy",
      () => createDummy(rtnl, name, { mac, mtu, master, up }),
      (link) => adjustLink(rtnl, name, resource, link),
    );
  },
  update(resource, _before, context) {
    const rtnl = rtnlOf(context.netns(resource.ns));
    const link = existingLink(rtnl, resource.name, "dummy");
    if (link === undefined) return this.create(resource, context);
    adjustLink(rtnl, resource.name, resource, link);
  },
  remove(resource, context) {
    removeLink(rtnlOf(context.netns(resource.ns)), resource.name, "dummy");
  },
} satisfies SyncApplier<"dummy">;

/** Bridges: STP, ageing and what every device has. */
import { createBridge, setBridge } from "../../kernel/rtnl/link.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import type { SyncApplier } from "../../apply/kind.ts";
import { createOrAdjust, existingLink, removeLink, adjustLink } from "../../apply/links/link.ts";

/** Seconds that a bridge keeps what it has learned, by default (802.1D; the kernel's default). */
const AGEING_DEFAULT = 300;

export const bridge = {
  create(resource, context) {
    const rtnl = rtnlOf(context.netns(resource.ns));
    const { name, stp, ageingSeconds, vlanFiltering, mac, mtu, master, up } = resource;
    createOrAdjust(
      rtnl,
      name,
      "bridge",
      () => createBridge(rtnl, name, { mac, mtu, master, up }, { stp, ageingSeconds, vlanFiltering }),
      () => this.update(resource, undefined, context),
    );
  },
  update(resource, before, context) {
    const rtnl = rtnlOf(context.netns(resource.ns));
    const link = existingLink(rtnl, resource.name, "bridge");
    if (link === undefined) return this.create(resource, context);
    const ageingSeconds = resource.ageingSeconds ?? (before?.ageingSeconds === undefined ? undefined : AGEING_DEFAULT);
    setBridge(rtnl, resource.name, {
      stp: resource.stp,
      ageingSeconds,
      // A kernel without VLAN filtering does not take the setting at all.
      vlanFiltering: resource.vlanFiltering ?? (link.vlanFiltering === true ? false : undefined),
    });
    adjustLink(rtnl, resource.name, resource, link);
  },
  remove(resource, context) {
    removeLink(rtnlOf(context.netns(resource.ns)), resource.name, "bridge");
  },
} satisfies SyncApplier<"bridge">;

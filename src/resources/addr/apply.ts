/** Addresses on devices. */
import { addAddr, deleteAddr, dumpAddrs } from "../../kernel/rtnl/addr.ts";
import { dumpLinks } from "../../kernel/rtnl/link-state.ts";
import { isErrno, rtnlOf } from "../../kernel/rtnl.ts";
import type { AddrResource } from "./definition.ts";
import type { ApplyContext, SyncApplier } from "../../apply/kind.ts";
import { removeIn } from "../../apply/kinds/remove.ts";

export const addr = {
  create(resource, context) {
    const rtnl = rtnlOf(context.netns(resource.ns));
    try {
      addAddr(rtnl, resource);
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      replaceDifferent(resource, context);
    }
  },
  update(resource, before, context) {
    if (before !== undefined) this.remove(before, context);
    this.create(resource, context);
  },
  remove(resource, context) {
    removeIn(resource.ns, context, (rtnl) => deleteAddr(rtnl, resource));
  },
} satisfies SyncApplier<"addr">;

/** The device has the address: with another scope, or (IPv6) another prefix length, it is recreated. */
function replaceDifferent(resource: AddrResource, context: ApplyContext): void {
  const rtnl = rtnlOf(context.netns(resource.ns));
  const names = new Map(dumpLinks(rtnl).map((link) => [link.index, link.name]));
  const bare = (address: string): string => address.slice(0, address.indexOf("/"));
  for (const have of dumpAddrs(rtnl, (index) => names.get(index) ?? "")) {
    if (have.dev !== resource.dev || bare(have.address) !== bare(resource.address)) continue;
    const isSame = (resource.scope ?? have.scope) === have.scope && resource.prefixRoute === have.prefixRoute;
    if (have.address === resource.address && isSame) return;
    if (resource.family === "ipv4" && have.address !== resource.address) continue;
    deleteAddr(rtnl, have);
  }
  addAddr(rtnl, resource);
}

/** Addresses on devices. */
import { addAddr, deleteAddr, dumpAddrs } from "../../kernel/rtnl/addr.ts";
import { dumpLinks } from "../../kernel/rtnl/link-state.ts";
import { appendRoute } from "../../kernel/rtnl/route.ts";
import { isErrno, rtnlOf } from "../../kernel/rtnl.ts";
import { ownRouteDetails, ownRoutes } from "../own-routes.ts";
import type { AddrResource } from "./definition.ts";
import type { ApplyContext, SyncApplier } from "../../apply/kind.ts";
import { removeIn } from "../../apply/links/remove.ts";

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
  update(resource, _before, context) {
    this.create(resource, context);
    restoreOwnRoutes(resource, context);
  },
  remove(resource, context) {
    removeIn(resource.ns, context, (rtnl) => deleteAddr(rtnl, resource));
  },
} satisfies SyncApplier<"addr">;

/** Without the address's leaving its device, which would take other routes and neighbours with it. */
function restoreOwnRoutes(resource: AddrResource, context: ApplyContext): void {
  const rtnl = rtnlOf(context.netns(resource.ns));
  // Not the one to the prefix, where what made the address has removed it.
  for (const route of ownRoutes(resource.routeRemoved === true ? { ...resource, prefixRoute: false } : resource))
    try {
      const details = ownRouteDetails(resource, route);
      appendRoute(rtnl, { ...route, ...details, dev: resource.dev, onlink: false });
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
    }
}

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

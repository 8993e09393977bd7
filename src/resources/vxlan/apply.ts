/** VXLAN devices. */
import { createVxlan, deleteLink, setVxlan } from "../../kernel/rtnl/link.ts";
import { dumpLinks, type KernelLink } from "../../kernel/rtnl/link-state.ts";
import { rtnlOf, type Rtnl } from "../../kernel/rtnl.ts";
import type { VxlanResource } from "./definition.ts";
import type { SyncApplier } from "../../apply/kind.ts";
import { createOrAdjust, existingLink, removeLink, adjustLink, adjustPort } from "../../apply/links/link.ts";

export const vxlan = {
  create(resource, context) {
    const rtnl = rtnlOf(context.netns(resource.ns));
    createOrAdjust(
      rtnl,
      resource.name,
      "vxlan",
      () => make(rtnl, resource),
      () => this.update(resource, undefined, context),
    );
  },
  update(resource, _before, context) {
    const rtnl = rtnlOf(context.netns(resource.ns));
    if (existingLink(rtnl, resource.name, "vxlan") === undefined) return make(rtnl, resource);
    const link = dumpLinks(rtnl).find((one) => one.name === resource.name);
    if (link === undefined || !changeable(link, resource)) {
      deleteLink(rtnl, resource.name);
      return make(rtnl, resource);
    }
    if (!same(link, resource)) setVxlan(rtnl, resource.name, resource);
    adjustLink(rtnl, resource.name, resource, link);
  },
  remove(resource, context) {
    removeLink(rtnlOf(context.netns(resource.ns)), resource.name, "vxlan");
  },
} satisfies SyncApplier<"vxlan">;

function make(rtnl: Rtnl, resource: VxlanResource): void {
  const { name, mac, mtu, master, up } = resource;
  createVxlan(rtnl, name, { mac, mtu, master, up }, resource);
  adjustPort(rtnl, name, resource);
}

/**
 * The kernel can change remote, local address, device and learning of a VXLAN, but not its VNI and port, and it
 * cannot remove a local address, remote or device.
 */
function changeable(link: KernelLink, wished: VxlanResource): boolean {
  const vxlan = link.vxlan;
  return (
    vxlan?.vni === wished.vni &&
    vxlan.port === wished.port &&
    (vxlan.local === undefined || wished.local !== undefined) &&
    (vxlan.remote === undefined || wished.remote !== undefined) &&
    (vxlan.dev === undefined || wished.dev !== undefined)
  );
}

function same(link: KernelLink, wished: VxlanResource): boolean {
  const vxlan = link.vxlan;
  return (
    vxlan?.local === wished.local &&
    vxlan?.remote === wished.remote &&
    vxlan?.dev === wished.dev &&
    vxlan?.learn === wished.learn
  );
}

/** Links to the host. In the host's namespace nothing is changed but the end of a veth pair that was made with the link, and goes with it. */
import type { ApplyContext, SyncApplier } from "../../apply/kind.ts";
import { adjustLink, existingLink, removeLink } from "../../apply/links/link.ts";
import { closeNetns, ownNetns } from "../../kernel/netns.ts";
import { createMacvlanFrom, createVeth, setLink } from "../../kernel/rtnl/link.ts";
import { getLink } from "../../kernel/rtnl/link-state.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import type { Rtnl } from "../../kernel/rtnl.ts";
import type { HostlinkResource } from "./definition.ts";

function onHost(work: (rtnl: Rtnl, fd: number) => void): void {
  const host = ownNetns();
  try {
    work(rtnlOf(host), host.fd);
  } finally {
    closeNetns(host);
  }
}

function make(link: HostlinkResource, context: ApplyContext): void {
  const { ns, name, type, host, mac, mtu, master, up } = link;
  const netns = context.netns(ns);
  onHost((outside, fd) => {
    const there = getLink(outside, host);
    if (type === "veth") {
      if (there !== undefined)
        throw new Error(`this host has a device ${host} already, which is left alone: choose another name in the lab`);
      createVeth(rtnlOf(netns), name, { mac, mtu, master, up }, { name: host, mtu, netnsFd: fd });
      setLink(outside, host, { up: true });
    } else {
      if (there === undefined) throw new Error(`this host has no device ${host}`);
      createMacvlanFrom(outside, host, { name, mac, mtu, netnsFd: netns.fd });
      setLink(rtnlOf(netns), name, { master, up });
    }
  });
}

export const hostlink: SyncApplier<"hostlink"> = {
  create(resource, context) {
    const rtnl = rtnlOf(context.netns(resource.ns));
    rtnl.forget(resource.name);
    if (existingLink(rtnl, resource.name, resource.type) === undefined) make(resource, context);
    else this.update(resource, undefined, context);
  },
  update(resource, _before, context) {
    const { ns, name, type, host } = resource;
    const rtnl = rtnlOf(context.netns(ns));
    const link = existingLink(rtnl, name, type);
    if (link === undefined) return make(resource, context);
    adjustLink(rtnl, name, resource, link);
    if (type !== "veth") return;
    onHost((outside) => {
      const far = getLink(outside, host);
      if (far === undefined || far.index !== link.peerIndex)
        throw new Error(`the end of ${name} on the host is no longer called ${host}`);
      if (!far.up) setLink(outside, host, { up: true });
    });
  },
  remove({ ns, name, type }, context) {
    const netns = context.find(ns);
    if (netns !== undefined) removeLink(rtnlOf(netns), name, type);
  },
};

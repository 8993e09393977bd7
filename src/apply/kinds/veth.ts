/** veth pairs: both ends in one message, each made directly in its own namespace. */
import { createVeth, deleteLink, setLink } from "../../kernel/rtnl/link.ts";
import { getLink } from "../../kernel/rtnl/link-state.ts";
import { isErrno, rtnlOf } from "../../kernel/rtnl.ts";
import type { Rtnl } from "../../kernel/rtnl.ts";
import type { LinkSettings, VethResource } from "../../plan/resource.ts";
import type { ApplyContext, KindApplier } from "../kind.ts";
import { existingLink, settleLink, settlePort } from "./link.ts";

type End = LinkSettings & { readonly ns: string; readonly name: string };

export const veth = {
  create(resource, context) {
    const [local, peer] = ends(resource);
    const here = rtnlOf(context.netns(local.ns));
    const there = rtnlOf(context.netns(peer.ns));
    try {
      makePair(here, local, there, peer);
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      this.update(resource, undefined, context);
    }
  },
  update(resource, _before, context) {
    const [local, peer] = ends(resource);
    const here = rtnlOf(context.netns(local.ns));
    const there = rtnlOf(context.netns(peer.ns));
    const one = existingLink(here, local.name, "veth");
    const other = existingLink(there, peer.name, "veth");
    if (one !== undefined && other !== undefined && one.peerIndex === other.index && other.peerIndex === one.index) {
      settleLink(here, local.name, local, one);
      settleLink(there, peer.name, peer, other);
      return;
    }
    // half of another pair: each end takes its own peer with it
    if (one !== undefined) deleteLink(here, local.name);
    if (other !== undefined) deleteLink(there, peer.name);
    makePair(here, local, there, peer);
  },
  remove(resource, context) {
    for (const end of ends(resource)) {
      const rtnl = rtnlIfThere(end.ns, context);
      if (rtnl === undefined) continue;
      rtnl.forget(end.name);
      if (getLink(rtnl, end.name)?.kind === "veth") deleteLink(rtnl, end.name);
    }
  },
} satisfies KindApplier<"veth">;

/** The end that the message is sent from comes first: only it can join a bridge and go up in the same message. */
function ends(resource: VethResource): readonly [End, End] {
  const { peer } = resource;
  return resource.master === undefined && peer.master !== undefined ? [peer, resource] : [resource, peer];
}

function makePair(here: Rtnl, local: End, there: Rtnl, peer: End): void {
  there.forget(peer.name);
  const { mac, mtu, master, up } = local;
  createVeth(here, local.name, { mac, mtu, master, up }, { name: peer.name, mac: peer.mac, mtu: peer.mtu, netnsFd: there.netns.fd });
  if (peer.up || peer.master !== undefined) setLink(there, peer.name, { master: peer.master, up: peer.up });
  settlePort(here, local.name, local);
  settlePort(there, peer.name, peer);
}

/** The namespace may be gone already, and the pair with it. */
function rtnlIfThere(ns: string, context: ApplyContext): Rtnl | undefined {
  try {
    return rtnlOf(context.netns(ns));
  } catch {
    return undefined;
  }
}

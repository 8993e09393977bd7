/** veth pairs: both ends in one message, each made directly in its own namespace. */
import { createVeth, deleteLink, setLink } from "../../kernel/rtnl/link.ts";
import { getLink } from "../../kernel/rtnl/link-state.ts";
import { deferInNetns } from "../../kernel/netns.ts";
import { isErrno, rtnlOf, rtnlDeferred, type Rtnl } from "../../kernel/rtnl.ts";
import type { LinkSettings } from "../link-settings.ts";
import type { VethResource } from "./definition.ts";
import type { ApplyContext, RuntimeApplier, SyncApplier } from "../../apply/kind.ts";
import { givePorts, takePorts } from "../../apply/ports.ts";
import { existingLink, adjustLink, adjustPort } from "../../apply/links/link.ts";

type End = LinkSettings & { readonly ns: string; readonly name: string };

export const veth = {
  create(resource, context) {
    if (takePorts(resource, context)) return;
    const [local, peer] = ends(resource);
    const here = rtnlDeferred(context.netns(local.ns));
    const there = rtnlDeferred(context.netns(peer.ns));
    try {
      makePair(here, local, there, peer);
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      this.update(resource, undefined, context);
    }
  },
  update(resource, _before, context) {
    if (takePorts(resource, context)) return;
    const [local, peer] = ends(resource);
    const here = rtnlOf(context.netns(local.ns));
    const there = rtnlOf(context.netns(peer.ns));
    const one = existingLink(here, local.name, "veth");
    const other = existingLink(there, peer.name, "veth");
    if (one !== undefined && other !== undefined && one.peerIndex === other.index && other.peerIndex === one.index) {
      adjustLink(here, local.name, local, one);
      adjustLink(there, peer.name, peer, other);
      return;
    }
    // half of another pair: each end takes its own peer with it
    if (one !== undefined) deleteLink(here, local.name);
    if (other !== undefined) deleteLink(there, peer.name);
    makePair(here, local, there, peer);
  },
  remove(resource, context) {
    if (givePorts(resource, context)) return;
    for (const end of ends(resource)) {
      const rtnl = rtnlIfThere(end.ns, context);
      if (rtnl === undefined) continue;
      rtnl.forget(end.name);
      if (getLink(rtnl, end.name)?.kind === "veth") deleteLink(rtnl, end.name);
    }
  },
  /** The kernel would remove it some time after the last reference to the namespace is gone, maybe just when a new one has been made. */
  abandon(resource, context) {
    this.remove(resource, context);
  },
} satisfies SyncApplier<"veth"> & Pick<RuntimeApplier<"veth">, "abandon">;

/** The end that the message is sent from comes first: only it can join a bridge and go up in the same message. */
function ends(resource: VethResource): readonly [End, End] {
  const { peer } = resource;
  return resource.master === undefined && peer.master !== undefined ? [peer, resource] : [resource, peer];
}

/**
 * The peer's end goes up when its namespace is used, or soon after: a pod that is up greets its whole bridge by
 * multicast (IPv6 MLD and DAD), and with a thousand ports that is most of the time that building takes.
 */
function makePair(here: Rtnl, local: End, there: Rtnl, peer: End): void {
  there.forget(peer.name);
  const { mac, mtu, master, bonded, up } = local;
  createVeth(
    here,
    local.name,
    { mac, mtu, master, bonded, up },
    {
      name: peer.name,
      mac: peer.mac,
      mtu: peer.mtu,
      netnsFd: there.netns.fd,
    },
  );
  adjustPort(here, local.name, local);
  if (peer.master !== undefined) {
    setLink(there, peer.name, { master: peer.master, bonded: peer.bonded });
    adjustPort(there, peer.name, peer);
  }
  if (peer.up) deferInNetns(there.netns, () => bringUp(there, peer.name));
}

function bringUp(rtnl: Rtnl, name: string): void {
  try {
    setLink(rtnl, name, { up: true });
  } catch (error) {
    if (!isErrno(error, "ENODEV")) throw error; // removed in the meantime
  }
}

/** The namespace may be gone already, and the pair with it. */
function rtnlIfThere(ns: string, context: ApplyContext): Rtnl | undefined {
  try {
    return rtnlOf(context.netns(ns));
  } catch {
    return undefined;
  }
}

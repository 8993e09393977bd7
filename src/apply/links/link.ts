/** What all kinds of devices have in common: finding what exists, and giving a device its settings. */
import { addAddr, deleteAddr, dumpAddrs } from "../../kernel/rtnl/addr.ts";
import { deleteLink, setLink, setPort, type LinkAttributes } from "../../kernel/rtnl/link.ts";
import { getLink, type KernelLink } from "../../kernel/rtnl/link-state.ts";
import { restoreOwnFdb } from "../../kernel/rtnl/neigh.ts";
import { dumpRoutes } from "../../kernel/rtnl/route.ts";
import { isErrno, type Rtnl } from "../../kernel/rtnl.ts";
import { linkLocalAddress } from "../../net/mac.ts";
import { missingLinkLocal } from "../../resources/own-routes.ts";
import type { LinkSettings } from "../../resources/link-settings.ts";

/** A device of that name; throws when it is of another kind. */
export function existingLink(rtnl: Rtnl, name: string, kind: string): KernelLink | undefined {
  const link = getLink(rtnl, name);
  if (link !== undefined && link.kind !== kind) {
    throw new Error(
      `${name} in ${rtnl.netns.name} already exists and is a ${link.kind}, not a ${kind}; remove it with "ip -n ${rtnl.netns.name} link del ${name}"`,
    );
  }
  return link;
}

/** Bring an existing device to its settings. `before` and no `master` now: taken out of the bridge. */
export function adjustLink(rtnl: Rtnl, name: string, wished: LinkSettings, link: KernelLink): void {
  const attributes: { -readonly [K in keyof LinkAttributes]: LinkAttributes[K] } = {};
  if (wished.mac !== undefined && wished.mac !== link.mac) attributes.mac = wished.mac;
  if (wished.mtu !== undefined && wished.mtu !== link.mtu) attributes.mtu = wished.mtu;
  if (wished.up !== link.up) attributes.up = wished.up;
  const flags = ["arp", "multicast"].filter((flag) => link.unusual?.[flag] === false);
  if (flags.length > 0) attributes.flags = flags;
  if (wished.master === undefined) {
    if (link.masterIndex !== undefined) attributes.master = null;
  } else {
    rtnl.forget(wished.master);
    if (rtnl.index(wished.master) !== link.masterIndex) attributes.master = wished.master;
  }
  const kind = wished.master === undefined ? undefined : getLink(rtnl, wished.master)?.kind;
  if (attributes.master !== undefined) {
    // A bond takes down those that leave it.
    attributes.up = wished.up;
    attributes.bonded = wished.bonded;
  }
  if (Object.keys(attributes).length > 0) setLink(rtnl, name, attributes);
  const mac = wished.mac ?? link.mac;
  if (link.kind === "bridge") restoreOwnFdb(rtnl, name, mac, "bridge");
  if (kind === "bridge") restoreOwnFdb(rtnl, name, mac, "port");
  if (link.linkLocal === true && wished.up) restoreLinkLocal(rtnl, { ...link, mac });
  adjustPort(rtnl, name, wished, link.masterIndex === undefined || attributes.master !== undefined ? undefined : link);
}

/** Gives a device its link-local IPv6 address again, with the routes that the kernel makes for it, where any of that is gone. */
function restoreLinkLocal(rtnl: Rtnl, link: KernelLink): void {
  const name = (index: number): string => (index === link.index ? link.name : "");
  const addrs = dumpAddrs(rtnl, name);
  if (missingLinkLocal(link, addrs, dumpRoutes(rtnl, name)).length === 0) return;
  const own = addrs.filter(({ dev, family, scope }) => dev === link.name && family === "ipv6" && scope === "link");
  for (const addr of own) deleteAddr(rtnl, addr);
  const address = `${linkLocalAddress(link.mac)}/64`;
  for (const addr of own.length > 0 ? own : [{ dev: link.name, address, scope: "link" }]) addAddr(rtnl, addr);
}

/** Bridge port flags that differ from `have`; without it, from those of a new port. */
export function adjustPort(
  rtnl: Rtnl,
  name: string,
  wished: LinkSettings,
  have: Pick<KernelLink, "hairpin" | "isolated" | "learning" | "unusual"> = {},
): void {
  if (wished.master === undefined) return;
  const flags = {
    hairpin: wished.hairpin ?? false,
    isolated: wished.isolated ?? false,
    learning: wished.learning ?? true,
  };
  const switches = Object.fromEntries(Object.entries(have.unusual ?? {}).map(([word, is]) => [word, !is]));
  const same =
    Object.keys(switches).length === 0 &&
    flags.hairpin === (have.hairpin ?? false) &&
    flags.isolated === (have.isolated ?? false) &&
    flags.learning === (have.learning ?? true);
  if (!same) setPort(rtnl, name, flags, switches);
}

/** Make a device; when one of that name already exists, `adjust` it instead. */
export function createOrAdjust(
  rtnl: Rtnl,
  name: string,
  kind: string,
  make: () => void,
  adjust: (link: KernelLink) => void,
): void {
  try {
    make();
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    const link = existingLink(rtnl, name, kind);
    if (link === undefined) throw error;
    adjust(link);
  }
}

/** Remove a device unless it, or its namespace's socket, is gone. */
export function removeLink(rtnl: Rtnl, name: string, kind: string): void {
  if (getLink(rtnl, name)?.kind === kind) deleteLink(rtnl, name);
  else rtnl.forget(name);
}

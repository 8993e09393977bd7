/** What is really in a namespace: rtnetlink dumps in the shapes of resources/observed.ts. */
import { flushNetns } from "../kernel/netns.ts";
import type { NetnsHandle } from "../kernel/netns.ts";
import { dumpBridgeVlans } from "../kernel/rtnl/bridge-vlan.ts";
import { getWireguard } from "../kernel/wireguard.ts";
import { dumpAddrs } from "../kernel/rtnl/addr.ts";
import { dumpLinks } from "../kernel/rtnl/link-state.ts";
import type { KernelLink } from "../kernel/rtnl/link-state.ts";
import { dumpFdb, dumpNeighs, dumpProxies } from "../kernel/rtnl/neigh.ts";
import type { KernelFdb } from "../kernel/rtnl/neigh.ts";
import { dumpQdiscs } from "../kernel/rtnl/qdisc.ts";
import { dumpRoutes } from "../kernel/rtnl/route.ts";
import { dumpRules } from "../kernel/rtnl/rule.ts";
import { rtnlOf } from "../kernel/rtnl.ts";
import { readSysctls } from "../kernel/sysctl.ts";
import type { NamespaceState } from "../resources/observed.ts";
import { missingLinkLocal, missingOwnRoutes } from "../resources/own-routes.ts";

const TABLE_LOCAL = 255;

/** NamespaceState without the parts that the kernel does not have, links and fdb with a little more. */
export interface ObservedNamespace extends Pick<
  NamespaceState,
  "addrs" | "routes" | "rules" | "neighs" | "sysctls" | "qdiscs"
> {
  /** A veth's `peerIndex` is its peer's index where that lives; `peer` is for the caller to fill in. */
  readonly links: readonly KernelLink[];
  readonly fdb: readonly KernelFdb[];
}

/** Synchronous. Also brings what is cached about the namespace's devices up to date. */
export function observeNamespace(
  handle: NetnsHandle,
  wants: { readonly sysctls: readonly string[] },
): ObservedNamespace {
  flushNetns();
  const rtnl = rtnlOf(handle);
  rtnl.forget();
  const links = dumpLinks(rtnl);
  const names = new Map(links.map((link) => [link.index, link.name]));
  const name = (index: number): string => names.get(index) ?? `if${index}`;
  const routes = dumpRoutes(rtnl, name);
  const byName = new Map(links.map((link) => [link.name, link]));
  const fdb = dumpFdb(rtnl, name);
  const vlans = links.some(({ vlanFiltering }) => vlanFiltering === true) ? dumpBridgeVlans(rtnl) : undefined;
  const addrs = dumpAddrs(rtnl, name);
  return {
    links: links.map((link) => {
      const gone = link.linkLocal === true ? missingLinkLocal(link, addrs, routes) : [];
      return {
        ...link,
        ...(link.kind === "wireguard" ? { wireguard: getWireguard(handle, link.name) } : {}),
        ...(vlans?.has(link.index) === true ? { vlans: vlans.get(link.index) } : {}),
        ...(lacksOwnEntry(link, links, fdb) ? { ownEntry: false } : {}),
        ...(gone.length === 0 ? {} : { missingLinkLocal: gone }),
      };
    }),
    addrs: addrs.map((addr) => {
      const missingRoutes = missingOwnRoutes(addr, inMain(byName.get(addr.dev)), routes);
      return missingRoutes.length === 0 ? addr : { ...addr, missingRoutes };
    }),
    // Most of table local would be the kernel's own.
    routes: routes.filter(({ table, protocol }) => table !== TABLE_LOCAL || protocol !== "kernel"),
    rules: dumpRules(rtnl),
    neighs: [...dumpNeighs(rtnl, name), ...dumpProxies(rtnl, name)],
    fdb,
    sysctls: readSysctls(handle, wants.sysctls),
    qdiscs: dumpQdiscs(rtnl, name),
  };
}

/** Undefined for a port of a VRF: its routes are in the table of that. */
function inMain(link: KernelLink | undefined): KernelLink | undefined {
  return link?.masterKind === "vrf" ? undefined : link;
}

/** A bridge knows the addresses of its ports, and its own once it has ports: their frames are for this host (br_fdb_add_local()). */
function lacksOwnEntry(link: KernelLink, links: readonly KernelLink[], fdb: readonly KernelFdb[]): boolean {
  const bridge =
    link.kind === "bridge" ? link : links.find(({ index, kind }) => index === link.masterIndex && kind === "bridge");
  if (bridge === undefined || !link.up) return false;
  const ports = links.filter(({ masterIndex }) => masterIndex === bridge.index).map(({ name }) => name);
  if (ports.length === 0) return false;
  return !fdb.some(({ mac, local, dev }) => local && mac === link.mac && (dev === bridge.name || ports.includes(dev)));
}

/** What is really in a namespace: rtnetlink dumps in the shapes of resources/observed.ts. */
import { addTo } from "../append.ts";
import { flushNetns, type NetnsHandle } from "../kernel/netns.ts";
import { dumpBridgeVlans } from "../kernel/rtnl/bridge-vlan.ts";
import { getWireguard } from "../kernel/wireguard.ts";
import { dumpAddrs } from "../kernel/rtnl/addr.ts";
import { dumpLinks, type KernelLink } from "../kernel/rtnl/link-state.ts";
import { dumpFdb, dumpNeighs, dumpProxies, type KernelFdb } from "../kernel/rtnl/neigh.ts";
import { dumpQdiscs } from "../kernel/rtnl/qdisc.ts";
import { dumpRoutes } from "../kernel/rtnl/route.ts";
import { dumpRules } from "../kernel/rtnl/rule.ts";
import { rtnlOf } from "../kernel/rtnl.ts";
import { readSysctls } from "../kernel/sysctl.ts";
import { BRIDGELESS_SYSCTLS, NAMESPACE_SYSCTLS } from "../resources/sysctl/untouched.ts";
import type { NamespaceState, ObservedRoute } from "../resources/observed.ts";
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

export interface NamespaceWants {
  readonly sysctls: readonly string[];
  /** Also those that decide about packets there. */
  readonly untouched?: boolean | undefined;
}

/** Synchronous. Also brings what is cached about the namespace's devices up to date. */
export function observeNamespace(handle: NetnsHandle, wants: NamespaceWants): ObservedNamespace {
  flushNetns();
  const rtnl = rtnlOf(handle);
  rtnl.forget();
  const links = dumpLinks(rtnl);
  const names = new Map(links.map((link) => [link.index, link.name]));
  const name = (index: number): string => names.get(index) ?? `if${index}`;
  const routes = dumpRoutes(rtnl, name);
  const byName = new Map(links.map((link) => [link.name, link]));
  // What others keep for themselves on a plain device decides about no packet.
  const fdb = links.some(forwards) ? dumpFdb(rtnl, name) : [];
  const lacksOwnEntry = ownEntries(links, fdb);
  const vlans = links.some(({ vlanFiltering }) => vlanFiltering === true) ? dumpBridgeVlans(rtnl) : undefined;
  const addrs = dumpAddrs(rtnl, name);
  const [addrsOf, routesOf] = [byDevice(addrs), byDevice(routes)];
  return {
    links: links.map((link) => {
      const gone = link.linkLocal === true ? missingLinkLocal(link, addrsOf(link.name), routesOf(link.name)) : [];
      return {
        ...link,
        ...(link.kind === "wireguard" ? { wireguard: getWireguard(handle, link.name) } : {}),
        ...(vlans?.has(link.index) === true ? { vlans: vlans.get(link.index) } : {}),
        ...(lacksOwnEntry(link) ? { ownEntry: false } : {}),
        ...(gone.length === 0 ? {} : { missingLinkLocal: gone }),
      };
    }),
    addrs: addrs.map((addr) => {
      const missingRoutes = missingOwnRoutes(addr, inMain(byName.get(addr.dev)), routesOf(addr.dev));
      return missingRoutes.length === 0 ? addr : { ...addr, missingRoutes };
    }),
    // Most of table local would be the kernel's own.
    routes: routes.filter((route) => !isKernelsOwn(route)),
    rules: dumpRules(rtnl),
    neighs: [...dumpNeighs(rtnl, name), ...dumpProxies(rtnl, name)],
    fdb,
    sysctls: readSysctls(handle, wants.untouched === true ? withUntouched(wants.sysctls, links) : wants.sysctls),
    qdiscs: dumpQdiscs(rtnl, name),
  };
}

/** Those of bridges decide about nothing where there is none: thousands of pods have none. */
function withUntouched(sysctls: readonly string[], links: readonly KernelLink[]): readonly string[] {
  const untouched = links.some(({ kind }) => kind === "bridge") ? NAMESPACE_SYSCTLS : BRIDGELESS_SYSCTLS;
  return [...new Set([...sysctls, ...untouched])];
}

/** A route to an address of the namespace, from that address, and the like. */
function isKernelsOwn({ table, protocol, type, to, src }: ObservedRoute): boolean {
  if (table !== TABLE_LOCAL || protocol !== "kernel") return false;
  return (
    type !== "local" ||
    src === undefined ||
    !/\/(?:32|128)$/.test(to) ||
    to.startsWith(`${src}/`) ||
    to.startsWith("127.")
  );
}

/** Undefined for a port of a VRF: its routes are in the table of that. */
function inMain(link: KernelLink | undefined): KernelLink | undefined {
  return link?.masterKind === "vrf" ? undefined : link;
}

/** A bridge has forwarding entries, and so has a device that is or may be one's port, or whose own ones say where to tunnel. */
function forwards({ kind, masterIndex }: KernelLink): boolean {
  return kind === "bridge" || kind === "vxlan" || masterIndex !== undefined;
}

function byDevice<T extends { readonly dev?: string | undefined }>(items: readonly T[]): (dev: string) => readonly T[] {
  const found = new Map<string | undefined, T[]>();
  for (const item of items) addTo(found, item.dev, item);
  return (dev) => found.get(dev) ?? [];
}

/**
 * A bridge knows the addresses of its ports, and its own once it has ports: their frames are for this host (br_fdb_add_local()).
 * True for a device without its entry.
 */
function ownEntries(links: readonly KernelLink[], fdb: readonly KernelFdb[]): (link: KernelLink) => boolean {
  const bridges = new Map(links.flatMap((link) => (link.kind === "bridge" ? [[link.index, link]] : [])));
  const bridgeOf = new Map(
    links.flatMap((link) => {
      const bridge = bridges.get(link.masterIndex ?? 0);
      return bridge === undefined ? [] : [[link.name, bridge.index]];
    }),
  );
  const filled = new Set(bridgeOf.values());
  for (const [index, { name }] of bridges) bridgeOf.set(name, index);
  const there = new Set(fdb.flatMap(({ mac, local, dev }) => (local ? [`${bridgeOf.get(dev) ?? 0} ${mac}`] : [])));
  return ({ name, mac, up }) => {
    const bridge = bridgeOf.get(name);
    return bridge !== undefined && up && filled.has(bridge) && !there.has(`${bridge} ${mac}`);
  };
}

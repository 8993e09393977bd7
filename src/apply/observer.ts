/** What is really there: every namespace of the lab, its iptables, its running processes and servers, combined. */
import { setTimeout as sleep } from "node:timers/promises";
import { findNetns, closeNetns } from "../kernel/netns.ts";
import type { NetnsHandle } from "../kernel/netns.ts";
import { resourcesIn } from "../resources/definitions.ts";
import { isNetns } from "../resources/netns/definition.ts";
import type { NamespaceState, ObservedState } from "../resources/observed.ts";
import type { NetnsResource } from "../resources/netns/definition.ts";
import { netnsName } from "../net/netns-name.ts";
import { sysctlWants } from "../resources/sysctl/wants.ts";
import { joinRules } from "../resources/packed-rules.ts";
import type { SavedRules } from "../resources/packed-rules.ts";
import { lookAtIptables } from "../resources/iptables/apply.ts";
import { applierOf } from "./act.ts";
import type { Look } from "./kind.ts";
import { loseNamespace } from "./lost-namespace.ts";
import { observeNamespace } from "./observe-namespace.ts";
import type { NamespaceWants, ObservedNamespace } from "./observe-namespace.ts";
import type { LabRuntime } from "./runtime.ts";
import { slices } from "./slices.ts";
import { resolvePeers } from "./veth-peers.ts";
import type { ObservedLinks } from "./veth-peers.ts";
import { inUserSpace, withUserSpace } from "./wireguard-go.ts";

export interface ObserveWants {
  /** Absent: all. */
  readonly namespaces?: readonly string[] | undefined;
  readonly sysctls?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Also those that the lab sets, and those that decide about packets, of each namespace. */
  readonly ownSysctls?: boolean | undefined;
  /** Resources: all, or those of the namespaces and of devices there. */
  readonly applied?: "all" | "there" | undefined;
}

/** Milliseconds. */
const SETTLE_PAUSE = 40;
const SETTLE_TRIES = 5;
/** iptables-save and ipset processes at a time. */
const SIDE_BY_SIDE = 4;

/** Netlink dumps in slices of about 10 ms; iptables-save side by side. Namespaces removed by hand are let go first. */
export async function observeLab(runtime: LabRuntime, wants: ObserveWants): Promise<ObservedState> {
  await runtime.readBacks.settled();
  const { record } = runtime.journal;
  const { applied, devices } = record;
  const known: NetnsResource[] = [];
  for (const resource of applied.values()) {
    if (isNetns(resource) && wants.namespaces?.includes(resource.ns) !== false) known.push(resource);
  }
  for (const resource of known) if (lostByName(runtime, resource)) loseNamespace(runtime, resource.ns);

  const saving = saveAll(runtime, known);
  saving.catch(() => undefined); // awaited below; an error of observeNamespace comes first
  const states: Record<
    string,
    ObservedLinks & {
      resource: NetnsResource;
      rest: Omit<NamespaceState, "ns" | "node" | "netns" | "exists" | "links" | keyof SavedRules>;
    }
  > = {};
  const turn = slices();
  const own = wants.ownSysctls === true ? sysctlWants([...applied.values()]) : {};
  for (const resource of known) {
    const handle = runtime.find(resource.ns);
    if (handle === undefined) {
      states[resource.ns] = {
        resource,
        links: [],
        rest: { addrs: [], routes: [], rules: [], neighs: [], fdb: [], sysctls: {}, qdiscs: [] },
      };
      continue;
    }
    const sysctls = [...new Set([...(own[resource.ns] ?? []), ...(wants.sysctls?.[resource.ns] ?? [])])];
    const { links, ...rest } = await observeSettled(handle, { sysctls, untouched: wants.ownSysctls });
    states[resource.ns] = { resource, links: await withUserSpace(runtime, resource.ns, links), rest };
    await turn();
  }
  const links = resolvePeers(states, applied.values());
  const saved = await saving;
  const namespaces: Record<string, NamespaceState> = {};
  for (const [ns, { resource, rest }] of Object.entries(states)) {
    namespaces[ns] = {
      ns,
      node: resource.node,
      netns: netnsName(runtime.lab, resource),
      exists: runtime.find(ns) !== undefined,
      links: (links[ns] ?? []).map((link) => {
        const own = devices.get(ns, link.name);
        return own === undefined || own === link.index ? link : { ...link, foreign: true };
      }),
      ...rest,
      ...(saved.get(ns) ?? { iptables: {} }),
    };
  }
  const wanted = wants.applied === "there" ? resourcesIn(applied, wants.namespaces) : applied;
  const running = runtime.allHeld.filter(([, one]) => one.running !== false);
  return {
    namespaces,
    applied: Object.fromEntries(wanted),
    iptablesAfterApply: Object.fromEntries(
      [...record.withFingerprint].flatMap((id) => (wanted.has(id) ? [[id, record.fingerprint(id) ?? {}]] : [])),
    ),
    inherited: record.inherited,
    changedFiles: changedFiles(runtime, wants),
    userSpace: inUserSpace(applied.values()),
    running: running.map(([id]) => id),
    digests: Object.fromEntries(running.flatMap(([id, { digest }]) => (digest === undefined ? [] : [[id, digest]]))),
    ages: Object.fromEntries(running.flatMap(([id, { age }]) => (age === undefined ? [] : [[id, age]]))),
  };
}

/**
 * The kernel makes an IPv6 address's own routes a moment after the address (addrconf_dad_work()), and a dump of a table that changes
 * meanwhile may leave some out (fib6_dump_table()): gone are those that no look has seen.
 */
async function observeSettled(handle: NetnsHandle, wants: NamespaceWants): Promise<ObservedNamespace> {
  let gone: ReadonlySet<string> | undefined;
  for (let tries = 1; ; tries++) {
    const state = observeNamespace(handle, wants);
    const now = missingIn(state);
    gone = gone === undefined ? now : now.intersection(gone);
    if (gone.size === 0 || tries === SETTLE_TRIES) return now.size === gone.size ? state : onlyMissing(state, gone);
    await sleep(SETTLE_PAUSE);
  }
}

function missingIn({ links, addrs }: ObservedNamespace): ReadonlySet<string> {
  return new Set([
    ...addrs.flatMap(({ family, missingRoutes = [] }) => (family === "ipv6" ? missingRoutes : [])),
    ...links.flatMap(({ missingLinkLocal = [] }) => missingLinkLocal),
  ]);
}

function onlyMissing(state: ObservedNamespace, gone: ReadonlySet<string>): ObservedNamespace {
  const still = (texts: readonly string[] | undefined): readonly string[] | undefined => {
    const left = texts?.filter((text) => gone.has(text)) ?? [];
    return left.length === 0 ? undefined : left;
  };
  return {
    ...state,
    addrs: state.addrs.map((addr) =>
      addr.family === "ipv6" ? { ...addr, missingRoutes: still(addr.missingRoutes) } : addr,
    ),
    links: state.links.map((link) => ({ ...link, missingLinkLocal: still(link.missingLinkLocal) })),
  };
}

/** True when the lab should have the namespace, but its name is gone or names another one. */
function lostByName(runtime: LabRuntime, resource: NetnsResource): boolean {
  const handle = runtime.find(resource.ns);
  if (handle === undefined) return false;
  const named = findNetns(handle.name);
  if (named !== undefined) closeNetns(named);
  return named?.inode !== handle.inode;
}

function changedFiles(runtime: LabRuntime, { namespaces }: ObserveWants): readonly string[] {
  const all = [...runtime.journal.record.applied.values()].filter(({ ns }) => namespaces?.includes(ns) !== false);
  return all.flatMap((resource) => (applierOf(resource).isChanged?.(resource, runtime) === true ? [resource.id] : []));
}

/** The family whose iptables-nft keeps a table of this name. */
const XTABLES = /^(ip6?) (?:raw|mangle|nat|filter|security)$/;

/** iptables and sets of the namespaces that the lab has some in, by the tools that list them, and nftables. */
async function saveAll(runtime: LabRuntime, known: readonly NetnsResource[]): Promise<Map<string, SavedRules>> {
  const wanted = new Set(known.map((resource) => resource.ns));
  const saved = new Map<string, SavedRules>();
  const keep = (ns: string, found: SavedRules): void =>
    void saved.set(ns, joinRules(saved.get(ns) ?? { iptables: {} }, found));
  const jobs = new Map<string, () => Promise<void>>();
  const want = (ns: string, netns: NetnsHandle, look: Look): void => {
    jobs.set(`${ns} ${look.what}`, async () => keep(ns, await runtime.knownRules.read(ns, netns, look)));
  };
  const { listTables } = await import("../kernel/nftables/tables.ts");
  for (const { ns } of known) {
    const handle = runtime.find(ns);
    if (handle === undefined) continue;
    const nftTables = listTables(handle);
    if (nftTables.length === 0) continue;
    keep(ns, { iptables: {}, nftTables });
    // Also where the lab has no rules: others may have some.
    for (const name of nftTables) {
      const family = XTABLES.exec(name)?.[1];
      if (family !== undefined) want(ns, handle, lookAtIptables(family === "ip6" ? "ipv6" : "ipv4"));
    }
  }
  for (const resource of runtime.journal.record.applied.values()) {
    const { ns } = resource;
    const handle = runtime.find(ns);
    if (handle === undefined || !wanted.has(ns)) continue;
    const look = applierOf(resource).look?.(resource);
    if (look !== undefined) want(ns, handle, look);
  }
  const queue = jobs.values();
  const worker = async (): Promise<void> => {
    for (const job of queue) await job();
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
  return saved;
}

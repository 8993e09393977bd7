/** What is really there: every namespace of the lab, its iptables, its running processes and servers, put together. */
import { setImmediate as breathe } from "node:timers/promises";
import { openNetns, closeNetns } from "../kernel/netns.ts";
import type { NetnsHandle } from "../kernel/netns.ts";
import type { NamespaceState, ObservedIptables, ObservedNft, ObservedState } from "../plan/observed.ts";
import type { Family, NetnsResource, NftResource } from "../plan/resource.ts";
import { netnsName } from "../plan/resource.ts";
import { saveIptables } from "./kinds/iptables.ts";
import { listNftTable } from "./kinds/nft.ts";
import { loseNamespace } from "./lost-namespace.ts";
import { observeNamespace } from "./observe-namespace.ts";
import type { LabRuntime } from "./runtime.ts";
import { resolvePeers } from "./veth-peers.ts";
import type { ObservedLinks } from "./veth-peers.ts";

export interface ObserveWants {
  /** Absent: all. */
  readonly namespaces?: readonly string[] | undefined;
  readonly sysctls?: Readonly<Record<string, readonly string[]>> | undefined;
}

type PerNs<T> = Map<string, Partial<Record<Family, T>>>;

const SLICE = 10;
/** iptables-save processes at a time. */
const SIDE_BY_SIDE = 4;

/** Netlink dumps in slices of about 10 ms; iptables-save side by side. Namespaces removed by hand are let go first. */
export async function observeLab(runtime: LabRuntime, wants: ObserveWants): Promise<ObservedState> {
  const { applied, fingerprints } = runtime.journal.record;
  const known: NetnsResource[] = [];
  for (const resource of applied.values()) {
    if (resource.kind === "netns" && wants.namespaces?.includes(resource.ns) !== false) known.push(resource);
  }
  for (const resource of known) if (lostByName(runtime, resource)) loseNamespace(runtime, resource.ns);

  const saving = saveAll(runtime, known);
  saving.catch(() => undefined); // awaited below; an error of observeNamespace comes first
  const states: Record<
    string,
    ObservedLinks & {
      resource: NetnsResource;
      rest: Omit<NamespaceState, "ns" | "node" | "netns" | "exists" | "links" | "iptables" | "nft">;
    }
  > = {};
  let since = performance.now();
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
    const { links, ...rest } = observeNamespace(handle, { sysctls: wants.sysctls?.[resource.ns] ?? [] });
    states[resource.ns] = { resource, links, rest };
    if (performance.now() - since < SLICE) continue;
    await breathe();
    since = performance.now();
  }
  const links = resolvePeers(states, applied.values());
  const { iptables, nft } = await saving;
  const namespaces: Record<string, NamespaceState> = {};
  for (const [ns, { resource, rest }] of Object.entries(states)) {
    namespaces[ns] = {
      ns,
      node: resource.node,
      netns: netnsName(runtime.lab, resource),
      exists: runtime.find(ns) !== undefined,
      links: links[ns] ?? [],
      ...rest,
      iptables: iptables.get(ns) ?? {},
      ...(nft.has(ns) ? { nft: nft.get(ns) } : {}),
    };
  }
  return {
    namespaces,
    applied: Object.fromEntries(applied),
    iptablesAfterApply: Object.fromEntries(fingerprints),
    running: [
      ...[...runtime.processes].filter(([, process]) => process.running).map(([id]) => id),
      ...runtime.servers.keys(),
      ...runtime.dnsServers.keys(),
    ],
  };
}

/** True when the lab should have the namespace, but its name is gone or names another one. */
function lostByName(runtime: LabRuntime, resource: NetnsResource): boolean {
  const handle = runtime.find(resource.ns);
  if (handle === undefined) return false;
  try {
    const named = openNetns(handle.name);
    closeNetns(named);
    return named.inode !== handle.inode;
  } catch {
    return true;
  }
}

/** iptables of the namespaces and families that the lab has rules in, and its nftables tables. */
async function saveAll(
  runtime: LabRuntime,
  known: readonly NetnsResource[],
): Promise<{ readonly iptables: PerNs<ObservedIptables>; readonly nft: PerNs<ObservedNft> }> {
  const wanted = new Set(known.map((resource) => resource.ns));
  const tables: { resource: NftResource; handle: NetnsHandle }[] = [];
  const jobs = new Map<string, { ns: string; family: Family; handle: NetnsHandle }>();
  for (const resource of runtime.journal.record.applied.values()) {
    const { kind, ns } = resource;
    if (kind !== "iptables" && kind !== "nft") continue;
    const handle = runtime.find(ns);
    if (handle === undefined || !wanted.has(ns)) continue;
    if (kind === "nft") tables.push({ resource, handle });
    else jobs.set(`${ns} ${resource.family}`, { ns, family: resource.family, handle });
  }
  const iptables: PerNs<ObservedIptables> = new Map();
  const nft: PerNs<ObservedNft> = new Map();
  const queue = jobs.values();
  const tableQueue = tables.values();
  const worker = async (): Promise<void> => {
    for (const { ns, family, handle } of queue) {
      const saved = await saveIptables(handle, family);
      iptables.set(ns, { ...iptables.get(ns), [family]: saved });
    }
    for (const { resource, handle } of tableQueue) {
      const { ns, family, table } = resource;
      const listed = await listNftTable(handle, resource);
      if (listed === undefined) continue;
      const before = nft.get(ns);
      nft.set(ns, { ...before, [family]: { ...before?.[family], [table]: listed } });
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
  return { iptables, nft };
}

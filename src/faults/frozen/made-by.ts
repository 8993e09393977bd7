/** What the daemons of a node make of its rules, known by their names: of iptables their own chains, the rest as a whole. */
import { POLICY_TABLE, SERVICE_TABLE } from "../../resources/policy-names.ts";
import type { Resource } from "../../resources/resource.ts";

export const DAEMONS = ["kube-proxy", "policy"] as const;
export type Daemon = (typeof DAEMONS)[number];

const NAMES = {
  "kube-proxy": { prefix: /^KUBE-/, table: SERVICE_TABLE, device: "kube-ipvs0" },
  policy: { prefix: /^NP-/i, table: POLICY_TABLE, device: undefined },
} as const satisfies Record<Daemon, object>;

/** The part of a resource that the daemon made, all of it or of iptables its chains; undefined: none. */
export function madeBy(one: Resource, daemon: Daemon): Resource | undefined {
  const { prefix, table, device } = NAMES[daemon];
  const isOwn = ((): boolean => {
    switch (one.kind) {
      case "nft":
        return one.table === table;
      case "ipset":
        return prefix.test(one.name);
      case "addr":
        return one.dev === device;
      case "ipvs":
      case "proxy":
      case "conntrack":
        return daemon === "kube-proxy";
      default:
        return false;
    }
  })();
  if (one.kind !== "iptables") return isOwn ? one : undefined;
  const chains = one.chains.filter(({ name }) => prefix.test(name));
  return chains.length === 0 ? undefined : { ...one, chains };
}

/** The resources with what the daemon had made in this namespace in place of what it would make now. */
export function withKept(
  resources: readonly Resource[],
  ns: string,
  daemon: Daemon,
  kept: readonly Resource[],
): readonly Resource[] {
  const old = new Map(kept.map((one) => [one.id, one]));
  const isOwn = (name: string): boolean => NAMES[daemon].prefix.test(name);
  const now = resources.flatMap((one): Resource[] => {
    if (one.ns !== ns) return [one];
    const before = old.get(one.id);
    if (one.kind === "iptables") {
      const own = new Map((before?.kind === "iptables" ? before.chains : []).map((chain) => [chain.name, chain]));
      // Each in its place: chains in another order would be a change.
      const there = one.chains.flatMap((chain) => (isOwn(chain.name) ? (own.get(chain.name) ?? []) : [chain]));
      const names = new Set(one.chains.map(({ name }) => name));
      return [{ ...one, chains: [...there, ...[...own.values()].filter(({ name }) => !names.has(name))] }];
    }
    if (madeBy(one, daemon) === undefined) return [one];
    return before === undefined ? [] : [before];
  });
  const there = new Set(now.map(({ id }) => id));
  return [...now, ...kept.filter(({ id, kind }) => kind !== "iptables" && !there.has(id))];
}

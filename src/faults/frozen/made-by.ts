/** What the daemons of a node make: of iptables their own chains, the rest as a whole. */
import { SERVICE_DEVICES } from "../../resources/policy-names.ts";
import type { Resource } from "../../resources/resource.ts";
import type { RuleOwner } from "../../resources/rule-owners.ts";

export const DAEMONS = ["kube-proxy", "policy", "cni"] as const;
export type Daemon = (typeof DAEMONS)[number];

/** Whose rules each daemon makes. Felix is the network plugin and what enforces policies. */
const OWN: Readonly<Record<Daemon, readonly RuleOwner[]>> = {
  "kube-proxy": ["kube-proxy"],
  policy: ["policy", "cni-policy"],
  cni: ["cni", "cni-policy"],
};

const isOwn = ({ owner }: { readonly owner?: RuleOwner | undefined }, daemon: Daemon): boolean =>
  owner !== undefined && OWN[daemon].includes(owner);

const DEFAULT_ROUTES: ReadonlySet<string> = new Set(["default", "0.0.0.0/0", "::/0"]);

/** The part of a resource that the daemon made, all of it or of iptables its chains; undefined: none. */
export function madeBy(one: Resource, daemon: Daemon): Resource | undefined {
  const isOfServices = (device = ""): boolean => daemon === "kube-proxy" && SERVICE_DEVICES.has(device);
  const isMade = ((): boolean => {
    switch (one.kind) {
      case "nft":
      case "ipset":
        return isOwn(one, daemon);
      case "addr":
        return isOfServices(one.dev);
      case "fdb":
      case "neigh":
        return daemon === "cni";
      case "route":
        // To other nodes' pods; the node's own default route is none of it.
        return one.type === "local"
          ? isOfServices(one.dev)
          : daemon === "cni" && one.via !== undefined && !DEFAULT_ROUTES.has(one.to);
      case "ipvs":
      case "proxy":
      case "conntrack":
        return daemon === "kube-proxy";
      default:
        return false;
    }
  })();
  if (one.kind !== "iptables") return isMade ? one : undefined;
  const chains = one.chains.filter((chain) => isOwn(chain, daemon));
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
  const now = resources.flatMap((one): Resource[] => {
    if (one.ns !== ns) return [one];
    const before = old.get(one.id);
    if (one.kind === "iptables") {
      const own = new Map((before?.kind === "iptables" ? before.chains : []).map((chain) => [chain.name, chain]));
      // Each in its place: chains in another order would be a change.
      const there = one.chains.flatMap((chain) => (isOwn(chain, daemon) ? (own.get(chain.name) ?? []) : [chain]));
      const names = new Set(one.chains.map(({ name }) => name));
      return [{ ...one, chains: [...there, ...[...own.values()].filter(({ name }) => !names.has(name))] }];
    }
    if (madeBy(one, daemon) === undefined) return [one];
    return before === undefined ? [] : [before];
  });
  const there = new Set(now.map(({ id }) => id));
  return [...now, ...kept.filter(({ id, kind }) => kind !== "iptables" && !there.has(id))];
}

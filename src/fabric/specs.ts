/** Resources as the raw layer and the cluster write them, with what is usual filled in, in the words in which they are compared. */
import type { Cause } from "../cause.ts";
import { canonicalAddress, canonicalOptional, familyOf } from "../net/families.ts";
import type { RulePosition } from "./rule-order.ts";
import type { TopologyIptables } from "./topology-rule.ts";
import { canonicalSysctl } from "../resources/sysctl-key.ts";
import type { Spec } from "./topology.ts";

type Written<K extends Spec["kind"], Defaults extends keyof Spec<K> = never> = Omit<Spec<K>, "kind" | Defaults> &
  Partial<Pick<Spec<K>, Defaults>>;

/** Unless it says otherwise a unicast route in the main table. */
export function newRoute(route: Written<"route", "type" | "onlink" | "table">): Spec<"route"> {
  const { to, via, src, nexthops } = route;
  return {
    kind: "route",
    type: "unicast",
    onlink: false,
    table: 254,
    ...route,
    to: canonicalAddress(to),
    via: canonicalOptional(via),
    src: canonicalOptional(src),
    ...(nexthops === undefined
      ? {}
      : { nexthops: nexthops.map((hop) => ({ ...hop, via: canonicalOptional(hop.via) })) }),
  };
}

export function newPolicyRule(rule: Written<"rule">): Spec<"rule"> {
  return { kind: "rule", ...rule, from: canonicalOptional(rule.from), to: canonicalOptional(rule.to) };
}

/** Without a MAC a proxy entry: the namespace answers on `dev` for an address that is elsewhere. */
export function newNeighbour({ address, mac, dev, cause }: Omit<Written<"neigh">, "family">): Spec<"neigh"> {
  const canonical = canonicalAddress(address);
  return { kind: "neigh", family: familyOf(canonical), address: canonical, mac: mac?.toLowerCase(), dev, cause };
}

export function newSysctl({ key, ...sysctl }: Written<"sysctl">): Spec<"sysctl"> {
  return { kind: "sysctl", key: canonicalSysctl(key), ...sysctl };
}

export function newRule(
  family: TopologyIptables["family"],
  table: TopologyIptables["table"],
  chain: string,
  args: readonly string[],
  cause: Cause,
  position?: RulePosition,
): TopologyIptables {
  return { family, table, chain, args, cause, ...(position === undefined ? {} : { position }) };
}

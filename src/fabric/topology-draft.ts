/** The parts that the cluster compiler puts into topology nodes, with what is usual filled in. */
import type { Cause } from "../cause.ts";
import type { TopologyBridge, TopologyInterface, TopologyRoute, TopologyVxlan } from "./topology.ts";
import type { TopologyIptables } from "../resources/iptables/topology-rule.ts";

type Defaulted<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;

export function newInterface(device: Defaulted<TopologyInterface, "up" | "addresses">): TopologyInterface {
  return { up: true, addresses: [], ...device };
}

export function newBridge(device: Defaulted<TopologyBridge, "up" | "addresses" | "stp">): TopologyBridge {
  return { up: true, addresses: [], stp: false, ...device };
}

export function newVxlan(device: Defaulted<TopologyVxlan, "up" | "addresses" | "remotes">): TopologyVxlan {
  return { up: true, addresses: [], remotes: [], ...device };
}

/** A unicast route in the main table. */
export function newRoute(route: Defaulted<TopologyRoute, "type" | "onlink" | "table">): TopologyRoute {
  return { type: "unicast", onlink: false, table: 254, ...route };
}

export function newRule(
  family: TopologyIptables["family"],
  table: TopologyIptables["table"],
  chain: string,
  args: readonly string[],
  cause: Cause,
): TopologyIptables {
  return { family, table, chain, args, cause };
}

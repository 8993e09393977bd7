/** A topology node under construction: what the cluster compiler fills before it is frozen into the Topology type. */
import type { Cause } from "../cause.ts";
import type {
  TopologyBridge,
  TopologyInterface,
  TopologyIptables,
  TopologyNode,
  TopologyRoute,
  TopologyVxlan,
} from "../model/topology.ts";

type Draft<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };
export type NodeDraft = Draft<TopologyNode>;

export function draftNode(name: string, role: TopologyNode["role"], cause: Cause, node = name): NodeDraft {
  return {
    name,
    role,
    node,
    interfaces: [],
    bridges: [],
    vxlans: [],
    routes: [],
    rules: [],
    neighbors: [],
    fdb: [],
    sysctls: [],
    iptables: [],
    servers: [],
    ipsets: [],
    nft: [],
    dns: [],
    proxies: [],
    processes: [],
    files: [],
    cause,
  };
}

/** The same object with another reason. */
export function because(cause: Cause, reason: string): Cause {
  return { source: cause.source, object: cause.object, reason };
}

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

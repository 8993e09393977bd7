/** An empty topology node. */
import type { Cause } from "../cause.ts";
import type { TopologyNode } from "./topology.ts";

type Draft<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

/** A node under construction: the lists may grow until it is passed on as a TopologyNode. */
export type NodeDraft = Draft<TopologyNode>;

export function draftNode(name: string, role: TopologyNode["role"], cause: Cause, node = name): NodeDraft {
  return {
    name,
    role,
    node,
    interfaces: [],
    bridges: [],
    vxlans: [],
    dummies: [],
    routes: [],
    rules: [],
    neighbors: [],
    fdb: [],
    sysctls: [],
    iptables: [],
    servers: [],
    ipsets: [],
    nft: [],
    ipvs: [],
    conntrack: [],
    dns: [],
    proxies: [],
    watches: [],
    processes: [],
    files: [],
    volumes: [],
    cause,
  };
}

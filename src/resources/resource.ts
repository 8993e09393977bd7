/**
 * The desired state: everything that a lab consists of, as flat resources.
 * The raw layer and the cluster make these, the differ compares them with the observed state, the agent applies them.
 *
 * `ns` is always the lab-internal name of a network namespace: the name of a topology node (`node1`, `red`,
 * `router`), or `NAMESPACE/POD` for a pod (`default/client`). Host-visible names are made by netnsName().
 */
import type { Cause } from "../cause.ts";
import type { DEFINITIONS } from "./registry.ts";

export interface ResourceBase {
  /** Unique and stable: `KIND:NS:KEY`, for example `addr:node1:eth0:192.168.50.11/24`. Made by identified(). */
  readonly id: string;
  /** The lab-internal network namespace. */
  readonly ns: string;
  /** The machine that it lives on with a driver that has several: a cluster node, or the namespace itself. */
  readonly node: string;
  readonly cause: Cause;
}

export type ResourceKind = keyof typeof DEFINITIONS;
export type ResourceOf<K extends ResourceKind> = Parameters<(typeof DEFINITIONS)[K]["describe"]>[0];
export type Resource = { [K in ResourceKind]: ResourceOf<K> }[ResourceKind];

/**
 * What one node has to enforce, free of any backend: a fence for each direction in which a pod of the node is isolated,
 * and the sets of addresses that the fences' rules speak of.
 */
import type { Cause } from "../../cause.ts";
import type { PerFamily, Family } from "../../net/family.ts";

export type Direction = "ingress" | "egress";
export type PolicyProtocol = "tcp" | "udp" | "sctp";

/** Addresses that a peer stands for, or destinations with protocol and port where a named port differs from pod to pod. */
export interface PolicySet {
  /** The same for all nodes and policies that mean the same; at most 26 characters, letters, digits and dashes. */
  readonly name: string;
  readonly kind: "networks" | "endpoints";
  /** `networks`: canonical prefixes, single addresses without length. `endpoints`: `ADDRESS,PROTOCOL:PORT`. Sorted. */
  readonly entries: PerFamily<readonly string[]>;
  /** What it stands for: `pods {app=web} in namespaces {}`. */
  readonly text: string;
  readonly cause: Cause;
}

/** One thing that is allowed. All conditions together; absent: any. */
export interface PolicyMatch {
  /** Only in this family (an ipBlock has one); absent: both. */
  readonly family?: Family | undefined;
  readonly protocol?: PolicyProtocol | undefined;
  /** Destination ports, inclusive; only with protocol. Absent: all. */
  readonly ports?: readonly { readonly from: number; readonly to: number }[] | undefined;
  /** Name of the set that the other end must be in. */
  readonly peer?: string | undefined;
  /** Name of the set that destination address, protocol and port must be in. */
  readonly endpoints?: string | undefined;
  /** Policy and rule, as in the oracle: `x/allow-b ingress rule 1`. */
  readonly text: string;
  readonly cause: Cause;
}

export interface PodFence {
  readonly direction: Direction;
  /** `NAMESPACE/NAME`. */
  readonly pod: string;
  /** Its own address, and where it has an IPv6 one the link-local too. Empty: the family is not fenced. */
  readonly addresses: Readonly<Record<Family, readonly string[]>>;
  /** The policies that isolate the pod in this direction, `NAMESPACE/NAME`. */
  readonly policies: readonly string[];
  readonly matches: readonly PolicyMatch[];
  readonly cause: Cause;
}

export interface NodeFences {
  readonly fences: readonly PodFence[];
  /** Those that the fences use, by name. */
  readonly sets: readonly PolicySet[];
}

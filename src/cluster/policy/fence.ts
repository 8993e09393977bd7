/**
 * What one node has to enforce, free of any backend: a fence for each direction in which policies apply to a pod of the node,
 * and the sets of addresses that the fences' rules use.
 */
import type { Cause } from "../../cause.ts";
import type { PerFamily, Family } from "../../net/family.ts";
import type { PodTier, Direction, RuleAction } from "./tiers.ts";

export type PolicyProtocol = "tcp" | "udp" | "sctp";

/** Addresses that a peer refers to, or destinations with protocol and port where a named port differs from pod to pod. */
export interface PolicySet {
  /** The same for all nodes and policies that mean the same; at most 26 characters, letters, digits and dashes. */
  readonly name: string;
  readonly kind: "networks" | "endpoints";
  /** `networks`: canonical prefixes, single addresses without length. `endpoints`: `ADDRESS,PROTOCOL:PORT`. Sorted. */
  readonly entries: PerFamily<readonly string[]>;
  /** What it refers to: `pods {app=web} in namespaces {}`. */
  readonly text: string;
  readonly cause: Cause;
}

/** What a rule does with some packets. All conditions together; absent: any. */
export interface PolicyMatch {
  readonly action: RuleAction;
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
  /** The same, short, as a denial names it: `cnp:1:deny-internet`. */
  readonly by: string;
  readonly cause: Cause;
}

/** The part of a fence that is one tier's. */
export interface FenceTier {
  readonly matches: readonly PolicyMatch[];
  /** For a packet that nothing has matched; `pass` at the last tier lets it through. */
  readonly otherwise: PodTier["otherwise"];
  /** It does not apply between a pod and its own node. */
  readonly sparesOwnNode: boolean;
  /** Its policies that apply to the pod in this direction, `NAMESPACE/NAME` or `KIND NAME`. */
  readonly policies: readonly string[];
}

export interface PodFence {
  readonly direction: Direction;
  /** `NAMESPACE/NAME`. */
  readonly pod: string;
  /** Its own address, and where it has an IPv6 one the link-local too. Empty: the family is not fenced. */
  readonly addresses: Readonly<Record<Family, readonly string[]>>;
  /** In their order; at least one. */
  readonly tiers: readonly FenceTier[];
  readonly cause: Cause;
}

/** `pods`: what the node's pods send to the node itself is judged too; `both`: and what it sends to them. */
export type OwnNode = "spared" | "pods" | "both";

export interface NodeFences {
  readonly fences: readonly PodFence[];
  /** Those that the fences use, by name. */
  readonly sets: readonly PolicySet[];
  readonly ownNode: OwnNode;
}

/** Where the parts of a lab go when there are several engines: what a driver passes to the hub. */
import type { EngineAddress } from "./address.ts";

export interface EnginePlace {
  /** Unique in a lab; for messages, and in the lab's record. */
  readonly name: string;
  readonly address: EngineAddress;
  /** At which the other engines' machines reach this one's: an IP address. Absent: to be detected. */
  readonly reachableAt?: string | undefined;
}

/** How machines on different engines are joined: a network of their Swarm, or a relay on each. */
export const UNDERLAYS = ["auto", "swarm", "relay"] as const;
export type Underlay = (typeof UNDERLAYS)[number];

export interface Placement {
  /** The first has everything that is not a cluster node. */
  readonly engines: readonly EnginePlace[];
  /** Engine name by cluster node. */
  readonly nodes: Readonly<Record<string, string>>;
  /** Nodes that the lab places explicitly; others stay where they are once they are up. */
  readonly named: readonly string[];
  readonly underlay: Underlay;
}

/** Where the parts of a lab go when there are several engines: what a driver tells the hub. */
import type { EngineAddress } from "./address.ts";

export interface EnginePlace {
  /** Unique in a lab; for messages, and in the lab's record. */
  readonly name: string;
  readonly address: EngineAddress;
  /** At which the other engines' machines reach this one's: an IP address. Absent: to be found out. */
  readonly reachableAt?: string | undefined;
}

/** How machines on different engines are joined: a network of their Swarm, or a relay on each. */
export const UNDERLAYS = ["auto", "swarm", "relay"] as const;
export type Underlay = (typeof UNDERLAYS)[number];

export interface Placement {
  /** The first has all that is no cluster node. */
  readonly engines: readonly EnginePlace[];
  /** Engine name by cluster node. */
  readonly nodes: Readonly<Record<string, string>>;
  /** Nodes that the lab asks for at their place; others stay where they are once they are up. */
  readonly named: readonly string[];
  readonly underlay: Underlay;
}

/** An iptables rule or chain of the raw layer. */
import type { Cause } from "../cause.ts";
import type { Family } from "../net/family.ts";
import type { RulePosition } from "./rule-order.ts";

/** A rule (or a policy, or an own chain without rules) in one family. */
export interface TopologyIptables {
  readonly family: Family;
  readonly table: "raw" | "mangle" | "nat" | "filter";
  readonly chain: string;
  /** Sets the built-in chain's policy; `args` is empty then. */
  readonly policy?: "ACCEPT" | "DROP" | undefined;
  readonly position?: RulePosition | undefined;
  /** iptables words without `-t TABLE -A CHAIN`. */
  readonly args: readonly string[];
  readonly cause: Cause;
}

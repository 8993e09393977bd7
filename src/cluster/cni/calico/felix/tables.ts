/** Where Felix writes on a node, in one family: the tables of iptables and sets beside them, or a table of nftables (felix/generictables/table.go). */
import type { Cause } from "../../../../cause.ts";
import type { FelixChain, FelixRule } from "./rule.ts";

export type FelixTable = "raw" | "mangle" | "nat" | "filter";

export interface FelixSet {
  readonly name: string;
  /** `hash:ip,port`: entries are `10.0.0.1,tcp:80`. */
  readonly type: "hash:ip" | "hash:net" | "hash:ip,port";
  readonly entries: readonly string[];
  readonly cause: Cause;
}

export interface FelixTables {
  /** A chain of Felix' own; `cause` is that of rules which have none of their own. */
  add(table: FelixTable, chain: FelixChain, cause: Cause): void;
  /** Rules in a chain of the kernel's (`FORWARD`): before those of others, or behind them. */
  enter(table: FelixTable, from: string, rules: readonly FelixRule[], cause: Cause, place: "first" | "last"): void;
  addSet(set: FelixSet): void;
  /** Nothing more is added. */
  finish(cause: Cause): void;
}

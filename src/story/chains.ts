/** The chains that a packet was in, as their tools print them: from a rule's handle to its text and place. */
import { addTo } from "../append.ts";
import type { Family } from "../net/family.ts";
import type { RuleListing } from "../resources/rule-listing.ts";
import type { TracedRule } from "../services/trace/protocol.ts";

export interface ChainRule {
  readonly handle: number;
  /** Position in its chain. */
  readonly index: number;
  /** As iptables -S prints it without `-A CHAIN`, or nft without its handle. */
  readonly text: string;
}

export interface ReadChain {
  /** Of a base chain: `prerouting`. */
  readonly hook?: string | undefined;
  readonly rules: readonly ChainRule[];
}

/** Its key: family, table and chain. */
type Place = Pick<TracedRule, "family" | "table" | "chain">;
export function chainKey({ family, table, chain }: Place): string {
  return `${family} ${table} ${chain}`;
}

/** The rules of each chain, by `TABLE CHAIN`, of iptables-save -c: without counters. */
function iptablesRules(listing: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let table = "";
  for (const line of listing.split("\n")) {
    table = /^\*(\S+)$/.exec(line)?.[1] ?? table;
    const [, chain, text] = /^(?:\[\d+:\d+\] )?-A (\S+) (.*)$/.exec(line) ?? [];
    if (chain !== undefined && text !== undefined) addTo(found, `${table} ${chain}`, text);
  }
  return found;
}

/** All chains of one namespace, by key. `family`: of what iptables lists. */
export function chainsIn({ nft, iptables }: RuleListing, family: Family): ReadonlyMap<string, ReadChain> {
  const saved = iptablesRules(iptables);
  const managed = family === "ipv6" ? "ip6" : "ip";
  const chains = new Map<string, ReadChain>();
  let table = "";
  for (const block of nft.split(/^(?=table |\tchain )/m)) {
    table = /^table (\S+ \S+) \{/.exec(block)?.[1] ?? table;
    const chain = /^\tchain (\S+) \{/.exec(block)?.[1];
    if (chain === undefined) continue;
    const listed = [...block.matchAll(/^\t\t(.*?) ?# handle (\d+)$/gm)];
    const own = table.startsWith(`${managed} `) ? (saved.get(`${table.slice(managed.length + 1)} ${chain}`) ?? []) : [];
    const rules = listed.map(([, text = "", handle], index) => {
      const said = own.length === listed.length ? own[index] : undefined;
      return {
        handle: Number(handle),
        index,
        text: said ?? text.replace(/counter packets \d+ bytes \d+ ?/, "").trim(),
      };
    });
    chains.set(`${table} ${chain}`, { hook: /type \w+ hook (\w+)/.exec(block)?.[1], rules });
  }
  return chains;
}

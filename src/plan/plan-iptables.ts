/** Groups a node's iptables lines into one resource per family and table, chains in order of first mention. */
import { BUILTIN_CHAINS } from "../model/iptables-words.ts";
import type { TopologyIptables, TopologyNode } from "../model/topology.ts";
import { resourceId } from "./resource-id.ts";
import type { IptablesResource, IptablesRule, Resource } from "./resource.ts";

function isBuiltinChain(table: IptablesResource["table"], chain: string): boolean {
  return (BUILTIN_CHAINS[table] as readonly string[]).includes(chain);
}

interface ChainDraft {
  readonly name: string;
  readonly builtin: boolean;
  policy?: "ACCEPT" | "DROP" | undefined;
  readonly rules: IptablesRule[];
}

export function planIptables(node: TopologyNode, out: Resource[]): void {
  const tables = new Map<string, { first: TopologyIptables; chains: Map<string, ChainDraft> }>();
  for (const line of node.iptables) {
    const key = `${line.family}:${line.table}`;
    const table = tables.get(key) ?? { first: line, chains: new Map<string, ChainDraft>() };
    tables.set(key, table);
    const chain = table.chains.get(line.chain) ?? {
      name: line.chain,
      builtin: isBuiltinChain(line.table, line.chain),
      rules: [],
    };
    table.chains.set(line.chain, chain);
    if (line.policy !== undefined) chain.policy = line.policy;
    else if (line.args.length > 0) chain.rules.push({ args: line.args, cause: line.cause });
  }
  for (const [key, { first, chains }] of tables)
    out.push({
      kind: "iptables",
      id: resourceId("iptables", node.name, key),
      ns: node.name,
      node: node.node,
      cause: first.cause,
      family: first.family,
      table: first.table,
      chains: [...chains.values()],
    });
}

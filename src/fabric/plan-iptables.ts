/** Groups a node's iptables lines into one resource per family and table, chains in order of first mention. */
import { perObject } from "../memo.ts";
import { BUILTIN_CHAINS } from "../resources/iptables/words.ts";
import { RULE_OWNERS } from "../resources/rule-owners.ts";
import type { RuleOwner } from "../resources/rule-owners.ts";
import type { TopologyIptables } from "./topology-rule.ts";
import { inChainOrder } from "./rule-order.ts";
import type { TopologyNode } from "./topology.ts";
import { identified } from "../resources/resource-id.ts";
import type { IptablesResource, IptablesRule } from "../resources/iptables/definition.ts";
import type { Resource } from "../resources/resource.ts";

function isBuiltinChain(table: IptablesResource["table"], chain: string): boolean {
  return (BUILTIN_CHAINS[table] as readonly string[]).includes(chain);
}

interface ChainDraft {
  readonly name: string;
  readonly builtin: boolean;
  readonly owner?: RuleOwner | undefined;
  policy?: "ACCEPT" | "DROP" | undefined;
  readonly rules: IptablesRule[];
}

/** By their first rule. */
const chainsOf = new WeakMap<IptablesRule, ChainDraft[]>();

/** One object for each line: nodes may have lines in common. */
const ruleOf = perObject(({ args, cause }: TopologyIptables): IptablesRule => ({ args, cause }));

/** The chain, or one that was made of the same rules before. */
function sharedChain(chain: ChainDraft): ChainDraft {
  const [first] = chain.rules;
  if (first === undefined) return chain;
  const known = chainsOf.get(first) ?? [];
  const same = known.find(
    (other) =>
      other.name === chain.name &&
      other.builtin === chain.builtin &&
      other.policy === chain.policy &&
      other.owner === chain.owner &&
      other.rules.length === chain.rules.length &&
      other.rules.every((rule, i) => rule === chain.rules[i]),
  );
  if (same !== undefined) return same;
  chainsOf.set(first, [...known, chain]);
  return chain;
}

function draftOf({ table, chain: name }: TopologyIptables, owner: RuleOwner | undefined): ChainDraft {
  return isBuiltinChain(table, name)
    ? { name, builtin: true, rules: [] }
    : { name, builtin: false, ...(owner === undefined ? {} : { owner }), rules: [] };
}

/** Whose lines mention a chain first. */
function chainOwners({ iptables }: TopologyNode): ReadonlyMap<string, RuleOwner> {
  const owners = new Map<string, RuleOwner>();
  for (const owner of RULE_OWNERS)
    for (const { family, table, chain } of iptables[owner] ?? []) {
      const key = `${family}:${table}:${chain}`;
      if (!owners.has(key)) owners.set(key, owner);
    }
  return owners;
}

export function planIptables(node: TopologyNode, out: Resource[]): void {
  const owners = chainOwners(node);
  const tables = new Map<string, { first: TopologyIptables; chains: Map<string, ChainDraft> }>();
  for (const line of inChainOrder(node.iptables)) {
    const key = `${line.family}:${line.table}`;
    const table = tables.get(key) ?? { first: line, chains: new Map<string, ChainDraft>() };
    tables.set(key, table);
    const chain = table.chains.get(line.chain) ?? draftOf(line, owners.get(`${key}:${line.chain}`));
    table.chains.set(line.chain, chain);
    if (line.policy !== undefined) chain.policy = line.policy;
    else if (line.args.length > 0) chain.rules.push(ruleOf(line));
  }
  for (const { first, chains } of tables.values())
    out.push(
      identified({
        kind: "iptables",
        ns: node.name,
        node: node.node,
        cause: first.cause,
        family: first.family,
        table: first.table,
        chains: [...chains.values()].map(sharedChain),
      }),
    );
}

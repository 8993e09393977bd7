/**
 * The kube-proxies of a cluster write nearly the same rules on each node. What is equal on several nodes is kept
 * once: a lab of 100 nodes with 2,000 endpoints would otherwise have 800,000 rules, most of them copies.
 */
import type { ProxyInput } from "../../kube/service/service.ts";
import type { TopologyIptables } from "../../fabric/topology-rule.ts";
import { nameOf, samePart, sameRule } from "../../resources/iptables/rule-set.ts";
import type { NftObject } from "../../resources/nft-table.ts";

class SharedRules {
  readonly #lines = new Set<TopologyIptables>();
  readonly #byText = new Map<string, TopologyIptables>();
  readonly #objects = new Map<string, NftObject>();

  /** The same list; a line that another node has is that node's object. */
  lines(list: readonly TopologyIptables[]): readonly TopologyIptables[] {
    return list.map((line) => {
      if (this.#lines.has(line)) return line;
      const text = `${line.family} ${line.table} ${line.chain} ${line.args.join(" ")}`;
      const known = this.#byText.get(text);
      if (known !== undefined && sameLine(known, line)) return known;
      this.#byText.set(text, line);
      this.#lines.add(line);
      return line;
    });
  }

  objects(family: string, list: readonly NftObject[]): readonly NftObject[] {
    return list.map((object) => {
      const name = `${family} ${nameOf(object)}`;
      const known = this.#objects.get(name);
      if (known === undefined) this.#objects.set(name, object);
      return known !== undefined && samePart(known, object) ? known : object;
    });
  }
}

function sameLine(a: TopologyIptables, b: TopologyIptables): boolean {
  return a.policy === b.policy && a.position === b.position && sameRule(a, b);
}

/** By the Services that they are for: the proxies of one cluster have one list. */
const clusters = new WeakMap<ProxyInput["services"], SharedRules>();

export function sharedRules({ services }: Pick<ProxyInput, "services">): SharedRules {
  let shared = clusters.get(services);
  if (shared === undefined) clusters.set(services, (shared = new SharedRules()));
  return shared;
}

/** kube-proxy's nftables table under construction: chains and sets in the order in which they are first used. */
import type { Cause } from "../../../cause.ts";
import type { NftChain, NftObject, NftRule, NftSet } from "../../../resources/nft-table.ts";

export class NftDraft {
  readonly #chains = new Map<string, { chain: Omit<NftChain, "rules">; rules: NftRule[] }>();
  readonly #sets = new Map<string, { set: Omit<NftSet, "elements">; elements: Map<string, NftRule> }>();

  chain(name: string, more: Pick<NftChain, "hook" | "comment"> = {}): void {
    if (!this.#chains.has(name)) this.#chains.set(name, { chain: { kind: "chain", name, ...more }, rules: [] });
  }

  /** Creates the chain if it does not exist yet. */
  rule(chain: string, text: string, cause: Cause): void {
    this.chain(chain);
    this.#chains.get(chain)?.rules.push({ text, cause });
  }

  set(set: Omit<NftSet, "elements">): void {
    if (!this.#sets.has(set.name)) this.#sets.set(set.name, { set, elements: new Map() });
  }

  /** The first element of a key stays, as one Service's address is another's only by mistake. */
  element(set: string, key: string, rest: string, cause: Cause): void {
    const elements = this.#sets.get(set)?.elements;
    if (elements !== undefined && !elements.has(key)) elements.set(key, { text: key + rest, cause });
  }

  get objects(): readonly NftObject[] {
    return [
      ...[...this.#sets.values()].map(({ set, elements }): NftSet => ({ ...set, elements: [...elements.values()] })),
      ...[...this.#chains.values()].map(({ chain, rules }): NftChain => ({ ...chain, rules })),
    ];
  }
}

/** Steps of an nftables table as messages of nf_tables, and sending them to the kernel. */
import { NLM_F_APPEND, NLM_F_CREATE } from "../netlink/constants.ts";
import type { NftStep } from "../../resources/nft-step.ts";
import { HOOKS, NFPROTO, NFT_MSG, NFTA_CHAIN, NFTA_HOOK, NFTA_RULE, NFTA_SET, NFTA_TABLE, UDATA } from "./constants.ts";
import { MessageWriter } from "./message-writer.ts";
import { compileRule, type CompiledRule, type RuleFamily } from "./rule.ts";
import { elementBytes, elementOf, setShape, writeElements, writeSet, type AnonymousSet, type SetShape } from "./set.ts";
import { UserData } from "./user-data.ts";

export interface Home {
  readonly family: RuleFamily;
  readonly table: string;
}

/** Messages of several transactions, one after the other. A message's sequence number is the place of its step, from 1. */
export interface Transactions {
  readonly bytes: Buffer;
  /** Where each transaction ends. */
  readonly ends: readonly number[];
}

/** Nodes have nearly the same tables: what has been written for one is copied for the next. By family or type, and text. */
export class Written {
  readonly elements = new Map<string, Uint8Array>();
  readonly rules = new Map<string, Uint8Array>();
  /** Rules with anonymous sets, whose names and numbers differ each time. */
  readonly rulesWithSets = new Map<string, CompiledRule>();
}

/** More than most need. */
const BYTES_PER_STEP = 300;

/** What nft(8) quotes cannot contain quotes. */
function unquoted(text: string): string {
  return text.replaceAll('"', "'");
}

class Compiler {
  readonly #out: MessageWriter;
  readonly #written: Written;
  readonly #home: Home;
  readonly #family: number;
  readonly #numbered: boolean;
  readonly #shapes = new Map<string, SetShape | undefined>();
  readonly #anonymous = { __set: 0, __map: 0 };
  #sets = 0;
  #sequence = 0;

  constructor(home: Home, numbered: boolean, written: Written, steps: number) {
    this.#out = new MessageWriter(steps * BYTES_PER_STEP);
    this.#written = written;
    this.#home = home;
    this.#family = NFPROTO[home.family];
    this.#numbered = numbered;
  }

  /** Undefined when one of the steps has to be left to nft(8). */
  compile(transactions: readonly (readonly NftStep[])[]): Transactions | undefined {
    const ends: number[] = [];
    for (const steps of transactions) {
      let spoken = true;
      this.#out.batch(() => {
        spoken = steps.every((step) => this.#step(step));
      });
      if (!spoken) return undefined;
      ends.push(this.#out.length);
    }
    return { bytes: this.#out.bytes, ends };
  }

  #step(step: NftStep): boolean {
    this.#sequence++;
    switch (step.do) {
      case "add table":
        this.#message(NFT_MSG.NEWTABLE, 0, () => {
          this.#out.text(NFTA_TABLE.NAME, this.#home.table);
          this.#comment(NFTA_TABLE.USERDATA, UDATA.TABLE_COMMENT, step.comment);
        });
        return true;
      case "delete table":
        this.#message(NFT_MSG.DELTABLE, 0, () => this.#out.text(NFTA_TABLE.NAME, this.#home.table));
        return true;
      case "add chain":
        return this.#addChain(step);
      case "delete chain":
        this.#inTable(NFT_MSG.DELCHAIN, NFTA_CHAIN.TABLE, NFTA_CHAIN.NAME, step.name);
        return true;
      case "flush chain":
        this.#inTable(NFT_MSG.DELRULE, NFTA_RULE.TABLE, NFTA_RULE.CHAIN, step.name);
        return true;
      case "delete set":
        this.#inTable(NFT_MSG.DELSET, NFTA_SET.TABLE, NFTA_SET.NAME, step.set.name);
        return true;
      case "add set": {
        const shape = this.#shape(step.set);
        if (shape !== undefined) writeSet(this.#out, this.#place, { name: step.set.name, id: ++this.#sets }, shape);
        return shape !== undefined;
      }
      case "add element":
      case "delete element":
        return this.#element(step);
      case "add rule":
        return this.#rule(step.chain, step.text);
    }
  }

  get #place(): { family: number; table: string; sequence: number } {
    return { family: this.#family, table: this.#home.table, sequence: this.#sequence };
  }

  #message(type: number, flags: number, fill: () => void): void {
    this.#out.message(type, this.#family, flags, this.#sequence, fill);
  }

  /** A message that says of which table and what in it. */
  #inTable(type: number, table: number, object: number, name: string): void {
    this.#message(type, 0, () => {
      this.#out.text(table, this.#home.table);
      this.#out.text(object, name);
    });
  }

  #comment(attribute: number, type: number, comment: string | undefined): void {
    if (comment !== undefined) this.#out.bytesOf(attribute, new UserData().text(type, unquoted(comment)).bytes);
  }

  #addChain({ chain }: Extract<NftStep, { do: "add chain" }>): boolean {
    const [, type = "", hook = "", priority = ""] =
      /^type (\w+) hook (\w+) priority (-?\d+)$/.exec(chain.hook ?? "") ?? [];
    const place = Object.hasOwn(HOOKS, hook) ? HOOKS[hook] : undefined;
    if (chain.hook !== undefined && place === undefined) return false;
    this.#message(NFT_MSG.NEWCHAIN, NLM_F_CREATE, () => {
      this.#out.text(NFTA_CHAIN.TABLE, this.#home.table);
      this.#out.text(NFTA_CHAIN.NAME, chain.name);
      this.#comment(NFTA_CHAIN.USERDATA, UDATA.CHAIN_COMMENT, chain.comment);
      if (place === undefined) return;
      this.#out.text(NFTA_CHAIN.TYPE, type);
      this.#out.nest(NFTA_CHAIN.HOOK, () => {
        this.#out.u32(NFTA_HOOK.HOOKNUM, place);
        this.#out.u32(NFTA_HOOK.PRIORITY, Number(priority));
      });
    });
    return true;
  }

  #shape(set: Parameters<typeof setShape>[0]): SetShape | undefined {
    if (!this.#shapes.has(set.name)) {
      const { comment } = set;
      this.#shapes.set(set.name, setShape({ ...set, comment: comment === undefined ? undefined : unquoted(comment) }));
    }
    return this.#shapes.get(set.name);
  }

  #element({ do: what, set, text }: Extract<NftStep, { do: "add element" | "delete element" }>): boolean {
    const shape = this.#shape(set);
    if (shape === undefined) return false;
    const adds = what === "add element";
    const key = `${this.#family} ${what} ${set.type} ${text}`;
    let attributes = this.#written.elements.get(key);
    if (attributes === undefined) {
      // The key alone names what is to go.
      const element = elementOf(text, shape, adds);
      if (element === undefined) return false;
      attributes = elementBytes(element);
      this.#written.elements.set(key, attributes);
    }
    const message = adds ? NFT_MSG.NEWSETELEM : NFT_MSG.DELSETELEM;
    writeElements(this.#out, message, this.#place, { name: set.name }, attributes);
    return true;
  }

  #rule(chain: string, text: string): boolean {
    const key = `${this.#family} ${text}`;
    const { rules, rulesWithSets } = this.#written;
    const attributes = rules.get(key);
    const rule =
      attributes === undefined ? (rulesWithSets.get(key) ?? compileRule(text, this.#home.family)) : undefined;
    if (attributes === undefined && rule === undefined) return false;
    for (const set of rule?.sets ?? []) this.#anonymousSet(set);
    this.#message(NFT_MSG.NEWRULE, NLM_F_CREATE | NLM_F_APPEND, () => {
      this.#out.text(NFTA_RULE.TABLE, this.#home.table);
      this.#out.text(NFTA_RULE.CHAIN, chain);
      if (attributes !== undefined) this.#out.copy(attributes);
      if (rule === undefined) return;
      const start = this.#out.length;
      this.#out.nest(NFTA_RULE.EXPRESSIONS, () => {
        for (const expression of rule.expressions) expression(this.#out);
      });
      this.#comment(NFTA_RULE.USERDATA, UDATA.RULE_COMMENT, rule.comment);
      if (rule.sets.length > 0) rulesWithSets.set(key, rule);
      else rules.set(key, this.#out.since(start));
    });
    return true;
  }

  /** In a new table we count ourselves: the kernel looks through all sets for a free number each time. */
  #anonymousSet({ reference, pattern, shape, elements }: AnonymousSet): void {
    reference.name = this.#numbered ? `${pattern}${this.#anonymous[pattern]++}` : `${pattern}%d`;
    reference.id = ++this.#sets;
    writeSet(this.#out, this.#place, reference, shape);
    for (const some of elements) writeElements(this.#out, NFT_MSG.NEWSETELEM, this.#place, reference, some);
  }
}

/** `fresh`: the table does not exist yet, or is deleted in the first of the transactions. Undefined: nft(8) has to be used. */
export function compileTransactions(
  transactions: readonly (readonly NftStep[])[],
  home: Home,
  fresh: boolean,
  written: Written = new Written(),
): Transactions | undefined {
  const steps = transactions.reduce((sum, { length }) => sum + length, 0);
  return new Compiler(home, fresh, written, steps).compile(transactions);
}

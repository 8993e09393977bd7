/** One input for `iptables-restore --noflush`: all our tables of one namespace and family in one step. */
import type { EncodedChange } from "../encode-kind.ts";
import type { IptablesResource } from "./definition.ts";
import { formatIptablesArgs } from "./table-words.ts";
import { iptablesLines } from "./lines.ts";

export type IptablesChange = EncodedChange<IptablesResource>;

const TABLES = ["raw", "mangle", "nat", "filter"] as const satisfies readonly IptablesResource["table"][];

/** Texts of the rules of chains: nodes have most chains in common, the very same objects. */
export type ChainTexts = WeakMap<IptablesResource["chains"][number], string>;

function* newTable({ chains }: IptablesResource, texts: ChainTexts): Generator<string> {
  for (const { builtin, name } of chains) if (!builtin) yield declaration(name, "-");
  for (const { builtin, name, policy } of chains) if (builtin && policy !== undefined) yield declaration(name, policy);
  for (const chain of chains) {
    if (chain.rules.length === 0) continue;
    let text = texts.get(chain);
    if (text === undefined) {
      text = chain.rules.map(({ args }) => formatIptablesArgs(["-A", chain.name, ...args])).join("\n");
      texts.set(chain, text);
    }
    yield text;
  }
}

function declaration(chain: string, policy: string): string {
  return `:${formatIptablesArgs([chain])} ${policy} [0:0]`;
}

function tableLines(change: IptablesChange, texts: ChainTexts): Iterable<string> {
  if (change.action === "create") return newTable(change.resource, texts);
  const declared: string[] = [];
  const lines: string[] = [];
  for (const words of iptablesLines(change.action, change.resource, change.before)) {
    const [verb = "", chain = "", value = ""] = words;
    // A declaration makes an own chain or empties it, whichever is needed; with --noflush a built-in one keeps its rules.
    if (verb === "-N" || (verb === "-F" && change.action !== "delete")) declared.push(declaration(chain, "-"));
    else if (verb === "-P") declared.push(declaration(chain, value));
    else lines.push(formatIptablesArgs(words));
  }
  return [...declared, ...lines];
}

/**
 * Text for iptables-restore(8) or ip6tables-restore(8) with --noflush; empty when there is nothing to do. The whole input is one
 * namespace's and one family's. A rule to be deleted must exist, or the kernel refuses the table: `before`, and the
 * resource of a delete, contain only existing ones (planOperations ensures that).
 */
export function encodeIptablesRestore(changes: readonly IptablesChange[], texts: ChainTexts = new WeakMap()): string {
  return [...restorePieces(changes, texts)].join("");
}

/** The same text in pieces, which are made as they are taken: for many nodes at once it is never whole. */
export function* restorePieces(changes: readonly IptablesChange[], texts: ChainTexts): Generator<string> {
  for (const table of TABLES)
    for (const change of changes) {
      if (change.resource.table !== table) continue;
      let isOpen = false;
      for (const line of tableLines(change, texts)) {
        if (!isOpen) yield `*${table}\n`;
        isOpen = true;
        yield `${line}\n`;
      }
      if (isOpen) yield "COMMIT\n";
    }
}

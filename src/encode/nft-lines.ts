/**
 * What has to be said to nft(8), in order, to bring a table from one state to another in one transaction. Only objects that
 * differ are touched: sets that rules fill (session affinity) keep what is in them.
 */
import type { Action } from "../plan/operation.ts";
import { NFT_FAMILY } from "../plan/nft-table.ts";
import type { NftChain, NftObject, NftSet } from "../plan/nft-table.ts";
import type { NftResource } from "../plan/resource.ts";
import { differing } from "../plan/rule-set.ts";

/** `ip kube-proxy`. */
function nftTable({ family, table }: Pick<NftResource, "family" | "table">): string {
  return `${NFT_FAMILY[family]} ${table}`;
}

/** A comment's text between quotes; nft knows no escape. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', "'")}"`;
}

function block(parts: readonly (string | false | undefined)[]): string {
  const said = parts.filter((part) => part !== false && part !== undefined);
  return said.length === 0 ? "" : ` { ${said.map((part) => `${part} ;`).join(" ")} }`;
}

function declaration(object: NftObject): string {
  const { kind, name } = object;
  const comment = object.comment !== undefined && `comment ${quoted(object.comment)}`;
  if (object.kind === "chain") return `${kind} %t ${name}${block([object.hook, comment])}`;
  const flags = object.flags !== undefined && `flags ${object.flags.join(",")}`;
  const timeout = object.timeout !== undefined && `timeout ${object.timeout}s`;
  return `${kind} %t ${name}${block([`type ${object.type}`, flags, timeout, comment])}`;
}

function texts(object: NftObject): readonly string[] {
  return (object.kind === "chain" ? object.rules : object.elements).map(({ text }) => text);
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

function key(object: NftObject): string {
  return `${object.kind} ${object.name}`;
}

interface Steps {
  readonly declare: string[];
  readonly empty: string[];
  readonly fill: string[];
  readonly remove: string[];
}

function addChain(chain: NftChain, before: NftObject | undefined, steps: Steps): void {
  const rules = texts(chain);
  if (before !== undefined && same(texts(before), rules)) return;
  if (before === undefined) steps.declare.push(`add ${declaration(chain)}`);
  else steps.empty.push(`flush chain %t ${chain.name}`);
  steps.fill.push(...rules.map((text) => `add rule %t ${chain.name} ${text}`));
}

/** The key alone names an element that is to go. */
function elementKey(text: string): string {
  const end = [text.indexOf(" comment "), text.indexOf(" : ")].filter((at) => at >= 0);
  return end.length === 0 ? text : text.slice(0, Math.min(...end));
}

function addSet(set: NftSet, before: NftObject | undefined, steps: Steps): void {
  if (before === undefined) steps.declare.push(`add ${declaration(set)}`);
  const old = new Set(before === undefined ? [] : texts(before));
  const wanted = new Set(texts(set));
  for (const text of old)
    if (!wanted.has(text)) steps.empty.push(`delete element %t ${set.name} { ${elementKey(text)} }`);
  const added = [...wanted].filter((text) => !old.has(text));
  steps.fill.push(...added.map((text) => `add element %t ${set.name} { ${text} }`));
}

/** Objects whose declaration differs must be made anew; nothing of it can be kept. */
function redeclared(objects: readonly NftObject[], before: readonly NftObject[]): boolean {
  const old = new Map(before.map((object) => [key(object), object]));
  return objects.some((object) => {
    const was = old.get(key(object));
    return was !== undefined && declaration(was) !== declaration(object);
  });
}

function change(objects: readonly NftObject[], before: readonly NftObject[]): readonly string[] {
  const steps: Steps = { declare: [], empty: [], fill: [], remove: [] };
  const old = new Map(before.map((object) => [key(object), object]));
  for (const object of objects) {
    const was = old.get(key(object));
    old.delete(key(object));
    if (object.kind === "chain") addChain(object, was, steps);
    else addSet(object, was, steps);
  }
  const gone = [...old.values()];
  for (const { name } of gone.filter((object) => object.kind === "chain")) {
    steps.empty.push(`flush chain %t ${name}`);
    steps.remove.push(`delete chain %t ${name}`);
  }
  for (const { kind, name } of gone) if (kind !== "chain") steps.remove.push(`delete ${kind} %t ${name}`);
  return [...steps.declare, ...steps.empty, ...steps.fill, ...steps.remove];
}

/** Lines for `nft -f`, one transaction; empty when there is nothing to do. `before` is what is there of what was applied. */
export function nftLines(action: Action, resource: NftResource, before?: NftResource): readonly string[] {
  const table = nftTable(resource);
  const comment = block([resource.comment !== undefined && `comment ${quoted(resource.comment)}`]);
  // What may be there is taken away first: adding it makes sure that the deletion does not fail.
  const clear = [`add table ${table}`, `delete table ${table}`];
  if (action === "delete") return clear;
  const [objects, old] = differing(resource.objects, before?.objects ?? []);
  const incremental =
    action === "update" && before !== undefined && before.touched !== true && !redeclared(objects, old);
  const lines = incremental
    ? change(objects, old)
    : [...clear, `add table ${table}${comment}`, ...change(resource.objects, [])];
  return lines.map((line) => line.replace("%t", table));
}

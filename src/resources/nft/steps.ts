/**
 * What has to be done, in order, to bring a table from one state to another in one transaction. Only objects that differ are
 * touched: sets that rules fill (session affinity) keep what is in them.
 */
import type { NftStep } from "../nft-step.ts";
import type { NftChain, NftObject, NftSet } from "../nft-table.ts";
import type { Action } from "../operation.ts";
import type { NftResource } from "./definition.ts";
import { differing, nameOf, rulesOf, sameHead, wordsOf } from "../iptables/rule-set.ts";

function texts(object: NftObject): readonly string[] {
  return rulesOf(object).map(wordsOf);
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

interface Steps {
  readonly declare: NftStep[];
  readonly empty: NftStep[];
  readonly fill: NftStep[];
  readonly remove: NftStep[];
}

function addChain(chain: NftChain, before: NftObject | undefined, steps: Steps): void {
  const rules = texts(chain);
  if (before !== undefined && same(texts(before), rules)) return;
  if (before === undefined) steps.declare.push({ do: "add chain", chain });
  else steps.empty.push({ do: "flush chain", name: chain.name });
  for (const text of rules) steps.fill.push({ do: "add rule", chain: chain.name, text });
}

/** The key alone names an element that is to go. */
function elementKey(text: string): string {
  const end = [text.indexOf(" comment "), text.indexOf(" : ")].filter((at) => at >= 0);
  return end.length === 0 ? text : text.slice(0, Math.min(...end));
}

function addSet(set: NftSet, before: NftObject | undefined, steps: Steps): void {
  if (before === undefined) steps.declare.push({ do: "add set", set });
  const old = new Set(before === undefined ? [] : texts(before));
  const wanted = new Set(texts(set));
  for (const text of old)
    if (!wanted.has(text)) steps.empty.push({ do: "delete element", set, text: elementKey(text) });
  for (const text of wanted) if (!old.has(text)) steps.fill.push({ do: "add element", set, text });
}

/** Objects whose declaration differs must be recreated; nothing of them can be kept. */
function redeclared(objects: readonly NftObject[], before: readonly NftObject[]): boolean {
  const old = new Map(before.map((object) => [nameOf(object), object]));
  return objects.some((object) => {
    const was = old.get(nameOf(object));
    return was !== undefined && !sameHead(was, object);
  });
}

function change(objects: readonly NftObject[], before: readonly NftObject[]): readonly NftStep[] {
  const steps: Steps = { declare: [], empty: [], fill: [], remove: [] };
  const old = new Map(before.map((object) => [nameOf(object), object]));
  for (const object of objects) {
    const was = old.get(nameOf(object));
    old.delete(nameOf(object));
    if (object.kind === "chain") addChain(object, was, steps);
    else addSet(object, was, steps);
  }
  const gone = [...old.values()];
  for (const object of gone) {
    if (object.kind !== "chain") continue;
    steps.empty.push({ do: "flush chain", name: object.name });
    steps.remove.push({ do: "delete chain", name: object.name });
  }
  for (const object of gone) if (object.kind !== "chain") steps.remove.push({ do: "delete set", set: object });
  return [...steps.declare, ...steps.empty, ...steps.fill, ...steps.remove];
}

/** Empty when there is nothing to do. `before` is what still exists of what was applied. */
export function nftSteps(action: Action, resource: NftResource, before?: NftResource): readonly NftStep[] {
  // What may exist is removed first: adding it ensures that the deletion does not fail.
  const clear: readonly NftStep[] = [{ do: "add table" }, { do: "delete table" }];
  if (action === "delete") return clear;
  const [objects, old] = differing(resource.objects, before?.objects ?? []);
  const incremental =
    action === "update" && before !== undefined && before.touched !== true && !redeclared(objects, old);
  if (incremental) return change(objects, old);
  return [...clear, { do: "add table", comment: resource.comment }, ...change(resource.objects, [])];
}

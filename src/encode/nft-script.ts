/**
 * Input for `nft -f`: one transaction that makes a table, changes only what differs (chains that stay keep their counters,
 * sets lose and gain single elements), or removes it.
 */
import type { Action } from "../plan/operation.ts";
import type { NftObject, NftResource } from "../plan/resource.ts";

/** So many elements in one command; a line of a script may not be endless. */
const ELEMENTS = 500;

function declaration(where: string, object: NftObject): string {
  return `add ${object.type} ${where} ${object.name}${object.spec === "" ? "" : ` { ${object.spec} }`}`;
}

function elements(
  verb: "add" | "delete",
  where: string,
  object: NftObject,
  items: readonly string[],
): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < items.length; at += ELEMENTS)
    lines.push(`${verb} element ${where} ${object.name} { ${items.slice(at, at + ELEMENTS).join(", ")} }`);
  return lines;
}

/** Elements and rules of objects of which there is `before` (absent: nothing). */
function content(where: string, object: NftObject, before: NftObject | undefined): readonly string[] {
  if (object.type === "chain") {
    const same = before?.items.length === object.items.length && before.items.every((it, i) => it === object.items[i]);
    if (same) return [];
    const flush = before === undefined ? [] : [`flush chain ${where} ${object.name}`];
    return [...flush, ...object.items.map((rule) => `add rule ${where} ${object.name} ${rule}`)];
  }
  const there = new Set(before?.items ?? []);
  const wanted = new Set(object.items);
  return [
    ...elements(
      "delete",
      where,
      object,
      [...there].filter((item) => !wanted.has(item)).map((item) => elementKey(object, item)),
    ),
    ...elements(
      "add",
      where,
      object,
      object.items.filter((item) => !there.has(item)),
    ),
  ];
}

/** A map's element is removed by its key. */
function elementKey(object: NftObject, item: string): string {
  return object.type === "map" ? item.slice(0, item.lastIndexOf(" : ")) : item;
}

function creation(nft: NftResource, where: string): readonly string[] {
  const { objects } = nft;
  return [
    `add table ${where}`,
    ...objects.map((object) => declaration(where, object)),
    ...objects.flatMap((object) => content(where, object, undefined)),
  ];
}

/** Text for `nft -f`. `before`: what is there as we left it; without objects it is made anew. */
export function nftScript(action: Action, nft: NftResource, before?: NftResource): string {
  const where = `${nft.family} ${nft.table}`;
  const lines = nftLines(action, nft, before, where);
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function nftLines(action: Action, nft: NftResource, before: NftResource | undefined, where: string): readonly string[] {
  if (action === "delete") return [`delete table ${where}`];
  const anew = [`add table ${where}`, `delete table ${where}`, ...creation(nft, where)];
  if (action === "create" || before === undefined || before.objects.length === 0) return anew;
  const old = new Map(before.objects.map((object) => [object.name, object]));
  const kept = new Set(nft.objects.map((object) => object.name));
  const remade = nft.objects.some((object) => {
    const known = old.get(object.name);
    return known !== undefined && (known.spec !== object.spec || known.type !== object.type);
  });
  if (remade) return anew;
  const gone = before.objects.filter((object) => !kept.has(object.name));
  return [
    ...nft.objects.filter((object) => !old.has(object.name)).map((object) => declaration(where, object)),
    // Rules first: what they no longer use can go.
    ...nft.objects.flatMap((object) => content(where, object, old.get(object.name))),
    ...gone.filter((object) => object.type === "chain").map((object) => `flush chain ${where} ${object.name}`),
    ...gone.map((object) => `delete ${object.type} ${where} ${object.name}`),
  ];
}

/** Where in a file a path of a YAML document stands: looked up lazily, one map access per path element. */
import { isAlias, isMap, isScalar, isSeq } from "yaml";
import type { Alias, LineCounter, Node, Pair, YAMLMap } from "yaml";
import type { Locate, Path } from "../model/path.ts";

/** What yaml-stream.ts found out about one document. */
export interface DocumentNodes {
  readonly root: Node | null;
  /** What each alias stands for. */
  readonly aliases: ReadonlyMap<Alias, Node>;
  /** Offset to name when the document is empty. */
  readonly offset: number;
}

/** The text of a mapping key as JavaScript sees it; undefined for a key that is itself a list or map. */
export function keyText(key: unknown): string | undefined {
  if (!isScalar<string | number | boolean | bigint | null>(key)) return undefined;
  return key.value === null ? "null" : String(key.value);
}

/** Makes the position lookup of one document. Unknown path elements give the nearest enclosing position. */
export function locator(file: string, lines: LineCounter, document: DocumentNodes): Locate {
  const indices = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
  const indexOf = (map: YAMLMap): ReadonlyMap<string, Pair> => {
    let index = indices.get(map);
    if (index === undefined) {
      const made = new Map<string, Pair>();
      for (const pair of map.items) {
        const name = keyText(pair.key);
        if (name !== undefined) made.set(name, pair);
      }
      index = made;
      indices.set(map, index);
    }
    return index;
  };
  const sourceAt = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const startOf = (node: unknown): number | undefined =>
    (node as { range?: readonly [number, number, number] | null } | null)?.range?.[0];

  return (path: Path, part: "key" | "value" = "key") => {
    let node: unknown = document.root;
    let offset = startOf(node) ?? document.offset;
    for (const [i, element] of path.entries()) {
      while (isAlias(node)) node = document.aliases.get(node);
      let next: unknown;
      if (isMap(node)) {
        const pair = indexOf(node).get(String(element));
        if (pair === undefined) break;
        next = pair.value;
        const wantsKey = part === "key" && i === path.length - 1;
        offset = (wantsKey ? startOf(pair.key) : (startOf(next) ?? startOf(pair.key))) ?? offset;
      } else if (isSeq(node)) {
        next = node.items[Number(element)];
        if (next === undefined) break;
        offset = startOf(next) ?? offset;
      } else {
        break;
      }
      node = next;
    }
    return sourceAt(offset);
  };
}

/** The position in a file of a path of a YAML document: looked up lazily, one map access per path element. */
import type { SourceRef } from "../cause.ts";
import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Pair, type YAMLMap } from "yaml";
import type { Locate, Path } from "./path.ts";

/** What yaml-stream.ts knows about one document. */
export interface DocumentNodes {
  readonly root: Node | null;
  /** What each alias refers to. */
  readonly aliases: ReadonlyMap<Alias, Node>;
  /** Offset to name when the document is empty. */
  readonly offset: number;
}

/** The text of a mapping key as JavaScript sees it; undefined for a key that is itself a list or map. */
export function keyText(key: unknown): string | undefined {
  if (!isScalar<string | number | boolean | bigint | null>(key)) return undefined;
  return key.value === null ? "null" : String(key.value);
}

/** A map with fewer entries is searched, a larger one gets an index. */
const SMALL = 8;

function startOf(node: unknown): number | undefined {
  return (node as { range?: readonly [number, number, number] | null } | null)?.range?.[0];
}

/** One element of a path: the node that it leads to, and where its key and its value begin. */
interface Step {
  readonly node: unknown;
  readonly key: number | undefined;
  readonly value: number | undefined;
}

class PathWalker {
  readonly #document: DocumentNodes;
  readonly #indices = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
  /** The path of the last lookup: the next one mostly begins with the same elements. */
  #path: Path = [];
  #steps: Step[] = [];

  constructor(document: DocumentNodes) {
    this.#document = document;
  }

  #pair(map: YAMLMap, name: string): Pair | undefined {
    if (map.items.length <= SMALL) return map.items.find((pair) => keyText(pair.key) === name);
    let index = this.#indices.get(map);
    if (index === undefined) {
      const entries = map.items.flatMap((pair): readonly (readonly [string, Pair])[] => {
        const key = keyText(pair.key);
        return key === undefined ? [] : [[key, pair]];
      });
      index = new Map(entries);
      this.#indices.set(map, index);
    }
    return index.get(name);
  }

  #step(from: unknown, element: string | number): Step | undefined {
    let node = from;
    while (isAlias(node)) node = this.#document.aliases.get(node);
    if (isMap(node)) {
      const pair = this.#pair(node, String(element));
      if (pair === undefined) return undefined;
      const key = startOf(pair.key);
      return { node: pair.value, key, value: startOf(pair.value) ?? key };
    }
    if (!isSeq(node)) return undefined;
    const item = node.items[Number(element)];
    const start = startOf(item);
    return item === undefined ? undefined : { node: item, key: start, value: start };
  }

  /** The offset of a path's last element that exists. */
  offset(path: Path, part: "key" | "value"): number {
    let shared = 0;
    while (shared < this.#steps.length && shared < path.length && this.#path[shared] === path[shared]) shared++;
    this.#steps.length = shared;
    this.#path = path;
    for (let i = shared; i < path.length; i++) {
      const from = i === 0 ? this.#document.root : this.#steps[i - 1]?.node;
      const step = this.#step(from, path[i] ?? "");
      if (step === undefined) break;
      this.#steps.push(step);
    }
    const last = this.#steps.at(-1);
    const start = startOf(this.#document.root) ?? this.#document.offset;
    if (last === undefined) return start;
    const asked = part === "key" && this.#steps.length === path.length ? last.key : last.value;
    return asked ?? start;
  }
}

/** Makes the position lookup of one document. Unknown path elements give the nearest enclosing position. */
export function locator(at: (offset: number) => SourceRef, document: DocumentNodes): Locate {
  const walker = new PathWalker(document);
  return (path: Path, part: "key" | "value" = "key") => at(walker.offset(path, part));
}

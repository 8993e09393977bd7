/** Positions of the values that block-yaml.ts reads: three numbers for each entry of a map or list, in their order. */
import type { SourceRef } from "../cause.ts";
import type { Locate, Path } from "./path.ts";
import type { TextLines } from "./text-lines.ts";

const WIDTH = 3;
const NO_KEY = -1;
/** An entry that is further back in its map or list is found by an index. */
const NEAR = 16;
const COLON = 58;
const QUOTES: ReadonlySet<number> = new Set([34, 39]);

/** Entry by entry: offset of the key (of a list: NO_KEY), offset of the value, and the number of the entry behind all that is in it. */
export class BlockPlaces {
  #data = new Int32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Drops everything after the `length`-th number. */
  cut(length: number): void {
    this.#length = length;
  }

  /** Begins an entry; `end` is called with its number when its value has been read. */
  begin(key: number = NO_KEY): number {
    const entry = this.#length;
    if (entry + WIDTH > this.#data.length) {
      const larger = new Int32Array(this.#data.length * 2);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[entry] = key;
    this.#length += WIDTH;
    return entry;
  }

  end(entry: number, value: number): void {
    this.#data[entry + 1] = value;
    this.#data[entry + 2] = this.#length;
  }

  key(entry: number): number {
    return this.#data[entry] ?? NO_KEY;
  }

  value(entry: number): number {
    return this.#data[entry + 1] ?? 0;
  }

  next(entry: number): number {
    return this.#data[entry + 2] ?? this.#length;
  }
}

export interface BlockRange {
  /** The root's entries. */
  readonly first: number;
  readonly last: number;
  /** Offset of the root. */
  readonly start: number;
}

/** The position lookup of the documents of one text. */
export class BlockLocator {
  readonly #text: string;
  readonly #lines: TextLines;
  readonly #places: BlockPlaces;
  readonly #indices = new Map<number, ReadonlyMap<string, number>>();

  constructor(text: string, lines: TextLines, places: BlockPlaces) {
    this.#text = text;
    this.#lines = lines;
    this.#places = places;
  }

  /** Unknown path elements give the nearest enclosing position. */
  of(file: string, range: BlockRange): Locate {
    return (path, part = "key"): SourceRef => this.#lines.source(file, this.#offset(range, path, part));
  }

  #offset(range: BlockRange, path: Path, part: "key" | "value"): number {
    const places = this.#places;
    let { first, last, start: at } = range;
    for (const [step, element] of path.entries()) {
      const entry = this.#find(first, last, String(element));
      if (entry < 0) break;
      const key = places.key(entry);
      at = part === "key" && step === path.length - 1 && key >= 0 ? key : places.value(entry);
      first = entry + WIDTH;
      last = places.next(entry);
    }
    return at;
  }

  #find(first: number, last: number, name: string): number {
    const places = this.#places;
    let entry = first;
    for (let i = 0; i < NEAR; i++, entry = places.next(entry)) {
      if (entry >= last) return -1;
      const key = places.key(entry);
      if (key < 0 ? name === String(i) : this.#isKey(key, name)) return entry;
    }
    return this.#index(first, last).get(name) ?? -1;
  }

  #isKey(at: number, name: string): boolean {
    const text = this.#text;
    if (QUOTES.has(text.charCodeAt(at)))
      return text.startsWith(name, at + 1) && text.charCodeAt(at + 1 + name.length) === text.charCodeAt(at);
    if (!text.startsWith(name, at) || text.charCodeAt(at + name.length) !== COLON) return false;
    return /^\s?$/.test(text.charAt(at + name.length + 1));
  }

  #index(first: number, last: number): ReadonlyMap<string, number> {
    let index = this.#indices.get(first);
    if (index !== undefined) return index;
    const found = new Map<string, number>();
    const places = this.#places;
    for (let entry = first, i = 0; entry < last; entry = places.next(entry), i++)
      found.set(places.key(entry) < 0 ? String(i) : this.#keyText(places.key(entry)), entry);
    this.#indices.set(first, (index = found));
    return index;
  }

  /** Keys that are read here contain no escapes. */
  #keyText(at: number): string {
    const quote = this.#text.charAt(at);
    if (quote === '"' || quote === "'") return this.#text.slice(at + 1, this.#text.indexOf(quote, at + 1));
    const end = /:(?=\s|$)/g;
    end.lastIndex = at;
    return this.#text.slice(at, end.exec(this.#text)?.index);
  }
}

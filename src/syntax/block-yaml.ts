/**
 * Reads a document as kubectl, Helm and most people write it, in one pass over its characters: several times as fast as a parser
 * of all of YAML. Only unambiguous text is accepted; anything else is left to plain-yaml.ts and the yaml package.
 */
import type { ScalarWords } from "./plain-scalar.ts";
import type { BlockPlaces, BlockRange } from "./block-places.ts";
import { BlockScalar } from "./block-scalar.ts";
import { FlowReader } from "./flow-yaml.ts";
import {
  COLON,
  Doubt,
  DOUBLE,
  FOLD,
  HASH,
  isBlank,
  LIST,
  MAP,
  MAX_DEPTH,
  NEWLINE,
  PIPE,
  SINGLE,
  SPACE,
  YamlCursor,
} from "./yaml-cursor.ts";

/** The kind whose objects are long and have no effect here: read only as far as their metadata. */
const UNREAD = "CustomResourceDefinition";
/** How deep the items of a List are. */
const OF_LIST = 2;
const KEPT: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

export interface BlockDocument extends BlockRange {
  /** Undefined where the reader found something that other parsers must read, at `start`. */
  readonly value: unknown;
}

class BlockReader {
  readonly #cursor: YamlCursor;
  readonly #places: BlockPlaces;
  readonly #flow: FlowReader;
  readonly #unread: boolean;
  /** Where the value that was read last begins. */
  #valueAt = 0;

  constructor(cursor: YamlCursor, places: BlockPlaces, unread: boolean) {
    this.#cursor = cursor;
    this.#places = places;
    this.#flow = new FlowReader(cursor, places);
    this.#unread = unread;
  }

  /** Undefined when there is nothing but comments. */
  document(): BlockDocument | undefined {
    if (!this.#cursor.seek()) return undefined;
    const first = this.#places.length;
    const start = this.#cursor.at;
    const value = this.#node(-1, 0, this.#unread);
    if (this.#cursor.at < this.#cursor.to) throw new Doubt();
    return { value, first, last: this.#places.length, start };
  }

  #node(parent: number, depth: number, unread = false): unknown {
    if (depth > MAX_DEPTH) throw new Doubt();
    const code = this.#cursor.code(this.#cursor.at);
    if (this.#cursor.isItem()) return this.#list(depth);
    if (code === MAP || code === LIST) return this.#inline(parent, depth);
    return this.#map(depth, unread);
  }

  #map(depth: number, unread: boolean): unknown {
    const start = this.#cursor.at;
    const indent = this.#cursor.indent;
    const value: Record<string, unknown> = {};
    let short = unread;
    do {
      const keyAt = this.#cursor.at;
      const colon = this.#keyEnd(keyAt);
      const name = this.#cursor.key(keyAt, colon, value);
      this.#cursor.at = colon + 1;
      if (short && !KEPT.has(name)) {
        this.#skip(indent);
        continue;
      }
      const entry = this.#places.begin(keyAt);
      const child = this.#value(indent, depth, true);
      value[name] = child;
      this.#places.end(entry, this.#valueAt);
      if (name === "kind" && child === UNREAD && depth <= OF_LIST && value["apiVersion"] !== undefined) short = true;
    } while (this.#cursor.indent === indent && !this.#cursor.isItem());
    if (this.#cursor.indent > indent) throw new Doubt();
    this.#valueAt = start;
    return value;
  }

  #list(depth: number): unknown[] {
    const start = this.#cursor.at;
    const indent = this.#cursor.indent;
    const value: unknown[] = [];
    do {
      this.#cursor.at++;
      const entry = this.#places.begin();
      value.push(this.#value(indent, depth, false));
      this.#places.end(entry, this.#valueAt);
    } while (this.#cursor.indent === indent && this.#cursor.isItem());
    if (this.#cursor.indent > indent) throw new Doubt();
    this.#valueAt = start;
    return value;
  }

  /** The colon behind the key that begins here, or -1. */
  #keyEnd(from: number): number {
    const text = this.#cursor.text;
    const first = this.#cursor.code(from);
    let at = from;
    if (first === DOUBLE || first === SINGLE) {
      at = text.indexOf(first === DOUBLE ? '"' : "'", from + 1) + 1;
      return at > 0 && this.#cursor.code(at) === COLON && isBlank(this.#cursor.code(at + 1)) ? at : -1;
    }
    for (; at < this.#cursor.to; at++) {
      const code = text.charCodeAt(at);
      if (code === COLON && isBlank(this.#cursor.code(at + 1))) return at;
      if (code === NEWLINE || (code === HASH && text.charCodeAt(at - 1) === SPACE)) return -1;
    }
    return -1;
  }

  /** The value after a key's colon or an item's dash, in the same line or in those below. */
  #value(indent: number, depth: number, ofKey: boolean): unknown {
    const before = this.#cursor.at;
    while (this.#cursor.code(this.#cursor.at) === SPACE) this.#cursor.at++;
    const code = this.#cursor.code(this.#cursor.at);
    if (code === NEWLINE || Number.isNaN(code) || (code === HASH && this.#cursor.at > before)) {
      const nothing = this.#cursor.at;
      this.#cursor.at = before;
      this.#cursor.finishLine();
      const sameLevel = ofKey && this.#cursor.indent === indent && this.#cursor.isItem();
      if (this.#cursor.indent > indent || sameLevel) return this.#node(indent, depth + 1);
      this.#valueAt = nothing;
      return null;
    }
    if (ofKey) return this.#inline(indent, depth);
    this.#cursor.indent = this.#cursor.at - this.#cursor.line;
    if (this.#cursor.isItem()) return this.#nested(depth, () => this.#list(depth + 1));
    if (code !== MAP && code !== LIST && this.#keyEnd(this.#cursor.at) >= 0)
      return this.#nested(depth, () => this.#map(depth + 1, false));
    return this.#inline(indent, depth);
  }

  #nested(depth: number, read: () => unknown): unknown {
    if (depth >= MAX_DEPTH) throw new Doubt();
    return read();
  }

  /** A value that begins in this line. */
  #inline(indent: number, depth: number): unknown {
    const start = this.#cursor.at;
    const code = this.#cursor.code(start);
    let value: unknown;
    if (code === PIPE || code === FOLD) {
      const scalar = new BlockScalar(this.#cursor.text, start, this.#cursor.to, indent);
      if (!scalar.isPlain) throw new Doubt();
      this.#cursor.at = scalar.end;
      this.#cursor.seek();
      ({ value } = scalar);
    } else if (code === DOUBLE || code === SINGLE || code === MAP || code === LIST) {
      value = this.#flow.read(indent, depth);
      this.#cursor.finishLine();
    } else value = this.#plain(indent);
    this.#valueAt = start;
    return value;
  }

  #plain(indent: number): unknown {
    let text = this.#plainLine();
    let end = this.#cursor.at;
    const inOneLine = text;
    while (this.#cursor.code(end) === NEWLINE) {
      this.#cursor.at = end + 1;
      this.#cursor.seek();
      if (this.#cursor.indent <= indent) return this.#cursor.word(inOneLine === text ? text : undefined, text);
      if (this.#cursor.line !== end + 1) throw new Doubt();
      text += ` ${this.#plainLine(true)}`;
      end = this.#cursor.at;
    }
    if (!Number.isNaN(this.#cursor.code(end)) && inOneLine !== text) throw new Doubt();
    this.#cursor.finishLine();
    if (this.#cursor.indent > indent) throw new Doubt();
    return this.#cursor.word(inOneLine === text ? text : undefined, text);
  }

  /** Unquoted text up to the end of the line or a comment; #at is then behind it. */
  #plainLine(goesOn = false): string {
    const text = this.#cursor.text;
    const start = this.#cursor.at;
    if (!goesOn && !this.#cursor.mayBegin(start)) throw new Doubt();
    let at = start;
    for (; at < this.#cursor.to; at++) {
      const code = text.charCodeAt(at);
      if (code === NEWLINE) break;
      if (code === COLON && isBlank(this.#cursor.code(at + 1))) throw new Doubt();
      if (code === HASH && text.charCodeAt(at - 1) === SPACE) {
        at--;
        break;
      }
    }
    let end = at;
    while (text.charCodeAt(end - 1) === SPACE) end--;
    this.#cursor.at = this.#cursor.code(at) === NEWLINE ? at : end;
    return text.slice(start, end);
  }

  /** Skips a value that is not read. */
  #skip(indent: number): void {
    do {
      this.#cursor.at = this.#cursor.endOfLine(this.#cursor.at) + 1;
      this.#cursor.seek();
    } while (this.#cursor.indent > indent || (this.#cursor.indent === indent && this.#cursor.isItem()));
  }
}

/**
 * `null`: nothing in it but comments. `from` is the beginning of a line. `unread`: it is known to be a CustomResourceDefinition.
 */
export function readBlock(
  text: string,
  from: number,
  to: number,
  places: BlockPlaces,
  unread: boolean,
  words: ScalarWords,
): BlockDocument | null {
  const first = places.length;
  const cursor = new YamlCursor(text, from, to, words);
  try {
    return new BlockReader(cursor, places, unread).document() ?? null;
  } catch (error) {
    if (!(error instanceof Doubt) && !(error instanceof SyntaxError)) throw error;
    places.cut(first);
    return { value: undefined, first, last: first, start: Math.min(cursor.at, to) };
  }
}

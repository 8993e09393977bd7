/** Quoted text, and maps and lists in brackets, JSON among it. */
import type { BlockPlaces } from "./block-places.ts";
import {
  BACKSLASH,
  COLON,
  COMMA,
  DASH,
  Doubt,
  DOUBLE,
  HASH,
  isBlank,
  LIST,
  LIST_END,
  MAP,
  MAP_END,
  MAX_DEPTH,
  NEWLINE,
  SINGLE,
  SPACE,
} from "./yaml-cursor.ts";
import type { YamlCursor } from "./yaml-cursor.ts";

/** Half a character of UTF-16 is none. */
const HALF = /\\u[dD][89a-fA-F]/;

function isFlowMark(code: number): boolean {
  return code === COMMA || code === LIST || code === LIST_END || code === MAP || code === MAP_END;
}

export class FlowReader {
  readonly #cursor: YamlCursor;
  readonly #places: BlockPlaces;

  constructor(cursor: YamlCursor, places: BlockPlaces) {
    this.#cursor = cursor;
    this.#places = places;
  }

  /** Quoted text, or a map or list in brackets. */
  read(indent: number, depth: number): unknown {
    if (depth > MAX_DEPTH) throw new Doubt();
    const code = this.#cursor.code(this.#cursor.at);
    if (code === DOUBLE || code === SINGLE) return this.#quoted(code);
    if (code === MAP) return this.#flowMap(indent, depth);
    if (code === LIST) return this.#flowList(indent, depth);
    return this.#cursor.word(this.#flowWord(), "");
  }

  #flowMap(indent: number, depth: number): unknown {
    const value: Record<string, unknown> = {};
    this.#cursor.at++;
    if (this.#cursor.space(indent) === MAP_END) return (this.#cursor.at++, value);
    for (;;) {
      const keyAt = this.#cursor.at;
      const first = this.#cursor.code(keyAt);
      const quoted = first === DOUBLE || first === SINGLE;
      if (quoted) this.#quoted(first);
      else this.#flowWord(true);
      const name = this.#cursor.key(keyAt, this.#cursor.at, value);
      if (this.#cursor.code(this.#cursor.at) !== COLON || (!quoted && !isBlank(this.#cursor.code(this.#cursor.at + 1))))
        throw new Doubt();
      this.#cursor.at++;
      this.#cursor.space(indent);
      const valueAt = this.#cursor.at;
      const entry = this.#places.begin(keyAt);
      value[name] = this.read(indent, depth + 1);
      this.#places.end(entry, valueAt);
      const code = this.#cursor.space(indent);
      this.#cursor.at++;
      if (code === MAP_END) return value;
      if (code !== COMMA) throw new Doubt();
      this.#cursor.space(indent);
    }
  }

  #flowList(indent: number, depth: number): unknown[] {
    const value: unknown[] = [];
    this.#cursor.at++;
    if (this.#cursor.space(indent) === LIST_END) return (this.#cursor.at++, value);
    for (;;) {
      const valueAt = this.#cursor.at;
      const entry = this.#places.begin();
      value.push(this.read(indent, depth + 1));
      this.#places.end(entry, valueAt);
      const code = this.#cursor.space(indent);
      this.#cursor.at++;
      if (code === LIST_END) return value;
      if (code !== COMMA) throw new Doubt();
      this.#cursor.space(indent);
    }
  }

  #flowWord(isKey = false): string {
    const text = this.#cursor.text;
    const start = this.#cursor.at;
    if (
      !this.#cursor.mayBegin(start) ||
      (this.#cursor.code(start) === DASH && isFlowMark(this.#cursor.code(start + 1)))
    )
      throw new Doubt();
    let at = start;
    for (; at < this.#cursor.to; at++) {
      const code = text.charCodeAt(at);
      if (code === NEWLINE || isFlowMark(code)) break;
      const next = this.#cursor.code(at + 1);
      if (code === COLON && (isBlank(next) || isFlowMark(next) || next === DOUBLE || next === SINGLE)) {
        if (isKey) break;
        throw new Doubt();
      }
      if (code === HASH && text.charCodeAt(at - 1) === SPACE) throw new Doubt();
    }
    let end = at;
    while (text.charCodeAt(end - 1) === SPACE) end--;
    this.#cursor.at = end;
    if (end === start) throw new Doubt();
    return text.slice(start, end);
  }

  #quoted(quote: number): string {
    const text = this.#cursor.text;
    const start = this.#cursor.at;
    let special = false;
    let at = start + 1;
    for (; ; at++) {
      const code = this.#cursor.code(at);
      if (code === NEWLINE || Number.isNaN(code)) throw new Doubt();
      if (code === BACKSLASH && quote === DOUBLE) {
        special = true;
        at++;
      } else if (code === quote) {
        if (quote !== SINGLE || this.#cursor.code(at + 1) !== SINGLE) break;
        special = true;
        at++;
      }
    }
    this.#cursor.at = at + 1;
    const inner = text.slice(start + 1, at);
    if (!special) return inner;
    if (quote === SINGLE) return inner.replaceAll("''", "'");
    if (HALF.test(inner)) throw new Doubt();
    return JSON.parse(`"${inner}"`) as string;
  }
}

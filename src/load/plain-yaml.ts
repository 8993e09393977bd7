/**
 * Reads a document that is written plainly, as most manifests are: block maps and lists, flow ones within a line, text without
 * escapes. Whatever else there is in YAML, and every mistake, is left to the yaml package, whose answers these are: only sooner.
 */

import { draft } from "./plain-node.ts";
import type { PlainDocument, PlainNode } from "./plain-node.ts";
import { plainScalar } from "./plain-scalar.ts";

/** Thrown at what is not plain. */
class NotPlain extends Error {}

const MAX_DEPTH = 30;
const KEY = /([A-Za-z_][\w./-]*|"[^"\\\n]*"|'[^'\n]*'):(?=[ \n]|$)/y;
const QUOTED = /"([^"\\\n]*)"|'([^'\n]*)'/y;
const PLAIN = /[^\s\-?:,[\]{}#&*!|>'"%@`\\][^\n]*/y;
const FLOW_PLAIN = /[^\s\-?:,[\]{}#&*!|>'"%@`\\][^\n,[\]{}]*/y;
const SPACES = / */y;
const BOOLEAN_WORD = /^(?:yes|no|on|off)$/i;
/** What a line may hold besides printable ASCII. */
const ODD = /[^\n\x20-\x7e\u00a1-\u1fff\u2030-\ud7ff]/;

const SPACE = 32;
const DASH = 45;
const HASH = 35;

class PlainReader {
  readonly booleanWords: number[] = [];
  readonly #text: string;
  readonly #end: number;
  /** Where the next line begins. */
  #next: number;
  /** The line that is read: column and offset of its first character, and where it ends. */
  #indent = -1;
  #at = 0;
  #eol = 0;
  /** The map or list that was read last. */
  #node: PlainNode | undefined;

  constructor(text: string, from: number, to: number) {
    this.#text = text;
    this.#next = from;
    this.#end = to;
    this.#advance();
  }

  /** Undefined when there is nothing but comments. */
  document(): PlainDocument | undefined {
    if (this.#indent < 0) return undefined;
    const start = this.#at;
    const value = this.#text[start] === "{" ? this.#inline(start, 0) : this.#block(0);
    if (this.#indent >= 0 || this.#node === undefined) throw new NotPlain();
    return { value, root: this.#node, start, booleanWords: this.booleanWords };
  }

  /** To the next line that says something; an indent of -1 is the end. */
  #advance(): void {
    const text = this.#text;
    for (let from = this.#next; from < this.#end;) {
      let eol = text.indexOf("\n", from);
      if (eol < 0 || eol > this.#end) eol = this.#end;
      let at = from;
      while (at < eol && text.charCodeAt(at) === SPACE) at++;
      if (at < eol && text.charCodeAt(at) !== HASH) {
        this.#indent = at - from;
        this.#at = at;
        this.#eol = eol;
        this.#next = eol + 1;
        return;
      }
      from = eol + 1;
    }
    this.#indent = -1;
    this.#next = this.#end;
  }

  #isItem(): boolean {
    return this.#text.charCodeAt(this.#at) === DASH && this.#text.charCodeAt(this.#at + 1) === SPACE;
  }

  #block(depth: number): Record<string, unknown> | unknown[] {
    if (depth > MAX_DEPTH) throw new NotPlain();
    return this.#isItem() ? this.#list(depth) : this.#map(depth);
  }

  /** The line that follows what was read belongs to something further out, or is the next of the same. */
  #leave(indent: number): void {
    if (this.#indent > indent) throw new NotPlain();
  }

  #map(depth: number): Record<string, unknown> {
    const indent = this.#indent;
    const value: Record<string, unknown> = {};
    const node = draft(true);
    while (this.#indent === indent && !this.#isItem()) {
      const keyAt = this.#at;
      const key = this.#key(keyAt, value);
      const at = this.#skip(KEY.lastIndex);
      let child: unknown;
      if (at >= this.#eol || (this.#text.charCodeAt(at) === HASH && at > KEY.lastIndex)) {
        this.#advance();
        if (this.#indent < indent || (this.#indent === indent && !this.#isItem())) throw new NotPlain();
        node.valueAt.push(this.#at);
        child = this.#block(depth + 1);
      } else {
        node.valueAt.push(at);
        child = this.#text[at] === "|" ? this.#literal(at, indent) : this.#inline(at, depth);
      }
      value[key] = child;
      node.keys?.push(key);
      node.keyAt.push(keyAt);
      node.children.push(this.#node);
      this.#leave(indent);
    }
    this.#node = node;
    return value;
  }

  #key(at: number, map: Readonly<Record<string, unknown>>): string {
    KEY.lastIndex = at;
    const word = KEY.exec(this.#text)?.[1];
    if (word === undefined || KEY.lastIndex > this.#eol) throw new NotPlain();
    const quoted = word.startsWith('"') || word.startsWith("'");
    const key = quoted ? word.slice(1, -1) : word;
    if (key === "__proto__" || key === "<<" || Object.hasOwn(map, key)) throw new NotPlain();
    if (!quoted && typeof plainScalar(key) !== "string") throw new NotPlain();
    return key;
  }

  #list(depth: number): unknown[] {
    const indent = this.#indent;
    const value: unknown[] = [];
    const node = draft(false);
    while (this.#indent === indent && this.#isItem()) {
      const at = this.#skip(this.#at + 1);
      if (at >= this.#eol) throw new NotPlain();
      node.valueAt.push(at);
      KEY.lastIndex = at;
      if (KEY.test(this.#text) && KEY.lastIndex <= this.#eol) {
        this.#indent += at - this.#at;
        this.#at = at;
        if (depth >= MAX_DEPTH) throw new NotPlain();
        value.push(this.#map(depth + 1));
      } else value.push(this.#inline(at, depth));
      node.children.push(this.#node);
      this.#leave(indent);
    }
    this.#node = node;
    return value;
  }

  /** Lines as they are, `|` or `|-`. */
  #literal(at: number, indent: number): string {
    const mark = this.#text.slice(at, this.#eol);
    if (mark !== "|" && mark !== "|-") throw new NotPlain();
    const lines: string[] = [];
    let column = 0;
    while (this.#next < this.#end) {
      const from = this.#next;
      const eol = this.#text.indexOf("\n", from);
      if (eol < 0 || eol >= this.#end) throw new NotPlain(); // whether the last line ends counts
      const line = this.#text.slice(from, eol);
      const first = line.search(/[^ ]/);
      if (first < 0 && (column === 0 || line.length > column)) throw new NotPlain();
      if (first >= 0 && first <= indent) break;
      if (column === 0) column = first;
      if (first >= 0 && first < column) throw new NotPlain();
      lines.push(line.slice(column));
      this.#next = eol + 1;
    }
    while (lines.at(-1) === "") lines.pop();
    if (lines.length === 0) throw new NotPlain();
    this.#node = undefined;
    this.#advance();
    return lines.join("\n") + (mark === "|" ? "\n" : "");
  }

  /** What stands to the right on this line, to its end; goes on to the next line. */
  #inline(at: number, depth: number): unknown {
    const [value, end] = this.#value(at, PLAIN, depth);
    const rest = this.#skip(end);
    if (rest < this.#eol && (this.#text.charCodeAt(rest) !== HASH || rest === end)) throw new NotPlain();
    this.#advance();
    return value;
  }

  /** A value and where it ends. Leaves its node. */
  #value(at: number, plain: RegExp, depth: number): [value: unknown, end: number] {
    this.#node = undefined;
    switch (this.#text[at]) {
      case "{":
        return this.#flowMap(at, depth + 1);
      case "[":
        return this.#flowList(at, depth + 1);
      case '"':
      case "'": {
        QUOTED.lastIndex = at;
        const found = QUOTED.exec(this.#text);
        if (found === null || this.#text[QUOTED.lastIndex] === "'") throw new NotPlain();
        return [found[1] ?? found[2] ?? "", QUOTED.lastIndex];
      }
      default:
        return this.#plain(at, plain);
    }
  }

  #plain(at: number, plain: RegExp): [value: unknown, end: number] {
    plain.lastIndex = at;
    let word = plain.exec(this.#text)?.[0];
    if (word === undefined || at >= this.#eol) throw new NotPlain();
    if (at + word.length > this.#eol) word = word.slice(0, this.#eol - at);
    const comment = word.indexOf(" #");
    if (comment >= 0) word = word.slice(0, comment);
    word = word.trimEnd();
    if (word.includes(": ") || word.endsWith(":")) throw new NotPlain();
    const end = at + word.length;
    const value = plainScalar(word);
    if (value === undefined) throw new NotPlain();
    if (word.length <= 3 && BOOLEAN_WORD.test(word)) this.booleanWords.push(at);
    return [value, end];
  }

  #flowMap(open: number, depth: number): [value: Record<string, unknown>, end: number] {
    if (depth > MAX_DEPTH) throw new NotPlain();
    const value: Record<string, unknown> = {};
    const node = draft(true);
    let at = this.#skip(open + 1);
    while (this.#text[at] !== "}") {
      const key = this.#key(at, value);
      const from = this.#skip(KEY.lastIndex);
      if (from === KEY.lastIndex) throw new NotPlain();
      const [child, end] = this.#value(from, FLOW_PLAIN, depth);
      value[key] = child;
      node.keys?.push(key);
      node.keyAt.push(at);
      node.valueAt.push(from);
      node.children.push(this.#node);
      at = this.#separator(end, "}");
    }
    this.#node = node;
    return [value, at + 1];
  }

  #flowList(open: number, depth: number): [value: unknown[], end: number] {
    if (depth > MAX_DEPTH) throw new NotPlain();
    const value: unknown[] = [];
    const node = draft(false);
    let at = this.#skip(open + 1);
    while (this.#text[at] !== "]") {
      const [child, end] = this.#value(at, FLOW_PLAIN, depth);
      value.push(child);
      node.valueAt.push(at);
      node.children.push(this.#node);
      at = this.#separator(end, "]");
    }
    this.#node = node;
    return [value, at + 1];
  }

  /** Behind the comma, or at the bracket that closes. All of a flow collection is on one line. */
  #separator(end: number, close: string): number {
    const at = this.#skip(end);
    if (this.#text[at] === ",") return this.#skip(at + 1);
    if (this.#text[at] !== close || at >= this.#eol) throw new NotPlain();
    return at;
  }

  #skip(from: number): number {
    SPACES.lastIndex = from;
    SPACES.test(this.#text);
    const at = SPACES.lastIndex;
    return at > this.#eol ? this.#eol : at;
  }
}

/** `undefined`: not plain; `null`: nothing in it but comments. `from` is the beginning of a line. */
export function readPlain(text: string, from: number, to: number): PlainDocument | null | undefined {
  if (ODD.test(text.slice(from, to))) return undefined;
  try {
    return new PlainReader(text, from, to).document() ?? null;
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

/** A place in a YAML text that only moves forward; it throws at anything doubtful, which is left to a full YAML parser. */
import { plainScalar, type ScalarWords } from "./plain-scalar.ts";

/** Thrown at doubtful text. */
export class Doubt extends Error {}

export const MAX_DEPTH = 30;
/** Characters that mean something. */
export const NEWLINE = 10;
export const SPACE = 32;
export const DOUBLE = 34;
export const HASH = 35;
export const SINGLE = 39;
export const COMMA = 44;
export const DASH = 45;
export const COLON = 58;
export const FOLD = 62;
const QUESTION = 63;
export const LIST = 91;
export const BACKSLASH = 92;
export const LIST_END = 93;
export const MAP = 123;
export const PIPE = 124;
export const MAP_END = 125;
/** No unquoted text begins with one of these. */
const INDICATORS: ReadonlySet<number> = new Set([..."#&*!|>%@`'\"{}[],"].map((one) => one.charCodeAt(0)));

export function isBlank(code: number): boolean {
  return code === SPACE || code === NEWLINE || Number.isNaN(code);
}

export class YamlCursor {
  readonly text: string;
  readonly to: number;
  readonly #words: ScalarWords;
  /** The current character; of a line that seek has found, the first that is not a space. */
  at: number;
  /** Where its line begins. */
  line: number;
  /** Column of the node that begins at `at`. */
  indent = 0;

  constructor(text: string, from: number, to: number, words: ScalarWords) {
    this.#words = words;
    this.text = text;
    this.to = to;
    this.at = from;
    this.line = from;
  }

  code(at: number): number {
    return at < this.to ? this.text.charCodeAt(at) : Number.NaN;
  }

  /** From the beginning of a line to the next one that says something; false at the end. */
  seek(): boolean {
    const text = this.text;
    let at = this.at;
    while (at < this.to) {
      this.line = at;
      while (text.charCodeAt(at) === SPACE) at++;
      const code = this.code(at);
      if (code === HASH) at = this.endOfLine(at);
      else if (code !== NEWLINE && !Number.isNaN(code)) {
        this.at = at;
        this.indent = at - this.line;
        return true;
      }
      at++;
    }
    this.at = this.to;
    this.indent = -1;
    return false;
  }

  endOfLine(at: number): number {
    const end = this.text.indexOf("\n", at);
    return end < 0 || end > this.to ? this.to : end;
  }

  /** Skips spaces and comments to the next line with content. */
  finishLine(): void {
    let at = this.at;
    while (this.code(at) === SPACE) at++;
    const code = this.code(at);
    if (code === HASH && at > this.at) at = this.endOfLine(at);
    else if (code !== NEWLINE && !Number.isNaN(code)) throw new Doubt();
    this.at = at + 1;
    this.seek();
  }

  /** Skips spaces and line ends; returns the next character. */
  space(indent: number): number {
    for (;;) {
      const code = this.code(this.at);
      if (code === NEWLINE) {
        const line = this.at + 1;
        for (this.at = line; this.code(this.at) === SPACE;) this.at++;
        const next = this.code(this.at);
        if (next !== NEWLINE && this.at - line <= indent) throw new Doubt();
        this.line = line;
      } else if (code === SPACE) this.at++;
      else if (code === HASH || Number.isNaN(code)) throw new Doubt();
      else return code;
    }
  }

  isItem(): boolean {
    return this.code(this.at) === DASH && isBlank(this.code(this.at + 1));
  }

  mayBegin(at: number): boolean {
    const code = this.code(at);
    if (INDICATORS.has(code)) return false;
    return (code !== DASH && code !== QUESTION && code !== COLON) || !isBlank(this.code(at + 1));
  }

  key(from: number, to: number, map: Readonly<Record<string, unknown>>): string {
    if (to < 0) throw new Doubt();
    const first = this.code(from);
    const quoted = first === DOUBLE || first === SINGLE;
    const name = quoted ? this.text.slice(from + 1, to - 1) : this.text.slice(from, to);
    if (quoted ? /[\n'"\\]/.test(name) : !this.mayBegin(from) || name.endsWith(" ")) throw new Doubt();
    if (!quoted && plainScalar(name) !== name) throw new Doubt();
    if (name === "__proto__" || name === "<<" || Object.hasOwn(map, name)) throw new Doubt();
    return name;
  }

  word(word: string | undefined, text: string): unknown {
    if (word === undefined) return text;
    const value = this.#words(word);
    if (value === undefined) throw new Doubt();
    return value;
  }
}

/**
 * Quoted texts and brackets on several lines that are indented less than YAML 1.2 requires: libyaml, and so kubectl, reads
 * them (yaml_parser_scan_flow_scalar, flow_level in scanner.c). Spaces are inserted, and offsets are counted without them.
 */

export interface Indented {
  readonly text: string;
  /** The offset in the original text. */
  origin(offset: number): number;
}

const BLOCK_HEADER = /(?:^|[\s:-]\s)(?:[!&]\S+\s+)*[|>](?:[+-]?\d?|\d[+-])\s*(?:#.*)?$/;
/** What precedes a value in its line: dashes, a key, a tag or an anchor. */
const BEFORE =
  /^\s*(?:-\s+|\?\s+)*(?:(?:"(?:\\.|[^"\\])*"|'(?:''|[^'])*'|[^\s"'[{#&*!|>%@`][^\n]*?)\s*:\s+)?(?:[!&]\S+\s+)*/;

class Indenter {
  readonly #text: string;
  readonly #inserted: { readonly at: number; readonly count: number }[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** Undefined where there is nothing to put in. */
  indent(): Indented | undefined {
    let at = 0;
    while (at < this.#text.length) at = this.#line(at);
    if (this.#inserted.length === 0) return undefined;
    let text = "";
    let done = 0;
    const starts: { readonly from: number; readonly shift: number }[] = [{ from: 0, shift: 0 }];
    let shift = 0;
    for (const { at: place, count } of this.#inserted) {
      text += this.#text.slice(done, place) + " ".repeat(count);
      done = place;
      starts.push({ from: place + shift, shift: shift + count });
      shift += count;
    }
    text += this.#text.slice(done);
    const origin = (offset: number): number => {
      const found = starts.findLast(({ from }) => from <= offset) ?? { from: 0, shift: 0 };
      const place = offset - found.shift;
      return Math.max(place, found.from - (starts[starts.indexOf(found) - 1]?.shift ?? 0));
    };
    return { text, origin };
  }

  #end(at: number): number {
    const end = this.#text.indexOf("\n", at);
    return end < 0 ? this.#text.length : end;
  }

  /** Skips a line, and everything that begins in it; returns where the next begins. */
  #line(from: number): number {
    const end = this.#end(from);
    const line = this.#text.slice(from, end);
    if (/^\s*(?:#|$)/.test(line)) return end + 1;
    if (BLOCK_HEADER.test(line)) return this.#blockScalar(end + 1, line.search(/\S/));
    const start = BEFORE.exec(line)?.[0].length ?? 0;
    const first = line.charAt(start);
    if (first === '"' || first === "'" || first === "[" || first === "{")
      return this.#end(this.#value(from + start, start + 1)) + 1;
    return end + 1;
  }

  #blockScalar(from: number, indent: number): number {
    let at = from;
    while (at < this.#text.length) {
      const end = this.#end(at);
      const line = this.#text.slice(at, end);
      if (line.trim() !== "" && line.search(/\S/) <= indent) return at;
      at = end + 1;
    }
    return at;
  }

  /** Skips a quoted text or brackets; returns the following offset. */
  #value(from: number, wanted: number): number {
    const open = this.#text.charAt(from);
    return open === '"' || open === "'" ? this.#quoted(from, wanted) : this.#brackets(from, wanted);
  }

  #quoted(from: number, wanted: number): number {
    const quote = this.#text.charAt(from);
    for (let at = from + 1; at < this.#text.length; at++) {
      const char = this.#text.charAt(at);
      if (char === "\n") this.#lineBegins(at + 1, wanted);
      else if (char === "\\" && quote === '"') {
        if (this.#text.charAt(at + 1) === "\n") this.#lineBegins(at + 2, wanted);
        at++;
      } else if (char === quote) {
        if (quote === '"' || this.#text.charAt(at + 1) !== quote) return at + 1;
        at++;
      }
    }
    return this.#text.length;
  }

  #brackets(from: number, wanted: number): number {
    let depth = 0;
    /** A quote opens only where a value or key may begin. */
    let fresh = true;
    for (let at = from; at < this.#text.length; at++) {
      const char = this.#text.charAt(at);
      if (char === "\n") this.#lineBegins(at + 1, wanted);
      else if (char === "[" || char === "{") depth++;
      else if (char === "]" || char === "}") {
        if (--depth === 0) return at + 1;
      } else if (char === "#" && /\s/.test(this.#text.charAt(at - 1))) at = this.#end(at) - 1;
      else if ((char === '"' || char === "'") && fresh) at = this.#quoted(at, wanted) - 1;
      if (!/\s/.test(char)) fresh = "[{,:".includes(char);
    }
    return this.#text.length;
  }

  #lineBegins(from: number, wanted: number): void {
    const line = this.#text.slice(from, this.#end(from));
    const spaces = line.search(/[^ ]/);
    if (line.trim() === "" || spaces >= wanted) return;
    this.#inserted.push({ at: from, count: wanted });
  }
}

export function indentMore(text: string): Indented | undefined {
  return new Indenter(text).indent();
}

/** The words of a selector (libcalico-go/lib/selector/tokenizer/tokenizer.go). */

/** Operators between a label and a string. */
export type Comparison = "Eq" | "Ne" | "Contains" | "StartsWith" | "EndsWith";

export type TokenKind =
  | Comparison
  | "Label"
  | "StringLiteral"
  | "LBrace"
  | "RBrace"
  | "Comma"
  | "In"
  | "Not"
  | "NotIn"
  | "All"
  | "Has"
  | "LParen"
  | "RParen"
  | "And"
  | "Or"
  | "Global"
  | "EOF";

export interface Token {
  readonly kind: TokenKind;
  readonly value: string;
  /** Place in the text, from 0. */
  readonly at: number;
}

/** `at`: place in the text, from 0. */
export class SelectorError extends Error {
  override readonly name = "SelectorError";
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const MAX_LABEL = 512;
const IDENTIFIER = /[a-zA-Z0-9_./-]*/y;

/** After a label: the word ends there. */
const WORDS: readonly (readonly [RegExp, TokenKind])[] = [
  [/contains(?![\w./-])/y, "Contains"],
  [/starts[ \t]*with[ \t]*(?![\w./-])/y, "StartsWith"],
  [/ends[ \t]*with[ \t]*(?![\w./-])/y, "EndsWith"],
  [/not[ \t]*in[ \t]*(?![\w./-])/y, "NotIn"],
  [/in(?![\w./-])/y, "In"],
];

const CHARACTERS: Readonly<Record<string, TokenKind>> = {
  "(": "LParen",
  ")": "RParen",
  "{": "LBrace",
  "}": "RBrace",
  ",": "Comma",
};

/** Two characters that stand together, by the first. */
const PAIRS: Readonly<Record<string, readonly [string, TokenKind]>> = {
  "=": ["==", "Eq"],
  "&": ["&&", "And"],
  "|": ["||", "Or"],
};

const FUNCTIONS = { "has(": "Has", "all(": "All", "global(": "Global" } as const;

class Tokenizer {
  readonly #text: string;
  readonly tokens: Token[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    for (;;) {
      this.#skip();
      if (this.#at >= text.length) break;
      this.#next();
    }
    this.#add("EOF", "", text.length);
  }

  #add(kind: TokenKind, value: string, at: number): void {
    this.tokens.push({ kind, value, at });
  }

  #skip(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at++;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0];
  }

  #identifier(): string {
    const found = this.#match(IDENTIFIER) ?? "";
    if (found === "") throw new SelectorError("expected identifier", this.#at);
    if (found.length > MAX_LABEL) throw new SelectorError(`label too long: ${found}`, this.#at);
    this.#at += found.length;
    return found;
  }

  #next(): void {
    const at = this.#at;
    const text = this.#text;
    const first = text[at] ?? "";
    const single = CHARACTERS[first];
    const pair = PAIRS[first];
    if (single !== undefined) {
      this.#add(single, "", at);
      this.#at++;
    } else if (first === '"' || first === "'") {
      const end = text.indexOf(first, at + 1);
      if (end < 0) throw new SelectorError("unterminated string", at);
      this.#add("StringLiteral", text.slice(at + 1, end), at);
      this.#at = end + 1;
    } else if (pair !== undefined) {
      const [both, kind] = pair;
      if (!text.startsWith(both, at)) throw new SelectorError(`expected ${both}`, at);
      this.#add(kind, "", at);
      this.#at += 2;
    } else if (first === "!") {
      const isNe = text.startsWith("!=", at);
      this.#add(isNe ? "Ne" : "Not", "", at);
      this.#at += isNe ? 2 : 1;
    } else this.#word();
  }

  #word(): void {
    const at = this.#at;
    const last = this.tokens.at(-1);
    if (last?.kind === "Label") {
      for (const [pattern, kind] of WORDS) {
        const found = this.#match(pattern);
        if (found === undefined) continue;
        this.#add(kind, "", at);
        this.#at += found.length;
        return;
      }
      throw new SelectorError(`expected operator after label "${last.value}"`, at);
    }
    for (const [name, kind] of Object.entries(FUNCTIONS)) {
      if (!this.#text.startsWith(name, at)) continue;
      this.#at += name.length;
      this.#skip();
      const label = kind === "Has" ? this.#identifier() : "";
      this.#skip();
      if (this.#text[this.#at] !== ")") throw new SelectorError(`no closing ')' after ${name}`, this.#at);
      this.#at++;
      this.#add(kind, label, at);
      return;
    }
    this.#add("Label", this.#identifier(), at);
  }
}

/** Throws SelectorError. The last one is EOF. */
export function tokenize(text: string): readonly Token[] {
  return new Tokenizer(text).tokens;
}

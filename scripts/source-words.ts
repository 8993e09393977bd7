/**
 * The words of a source text: its comments and strings, each with its line. Code is left out, and so are
 * regular expressions and what is between `${` and `}` (which is code, with strings of its own).
 */

export interface Words {
  readonly kind: "comment" | "string";
  readonly line: number;
  readonly text: string;
}

/** A slash begins a regular expression where an expression begins: after an operator, an opening bracket, a keyword. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|void|await|yield|throw|else|do))\s*$/;

export function sourceWords(source: string): readonly Words[] {
  const words: Words[] = [];
  let at = 0;
  let line = 1;
  /** Text of the code on the way, to distinguish a division from a regular expression. */
  let code = "";

  const advance = (to: number): string => {
    const text = source.slice(at, to);
    for (const char of text) if (char === "\n") line++;
    at = to;
    return text;
  };
  const add = (kind: Words["kind"], begin: number, text: string): void => {
    for (const [index, part] of text.split("\n").entries())
      if (part.trim() !== "") words.push({ kind, line: begin + index, text: part });
  };
  const quoted = (quote: string): void => {
    let end = at + 1;
    while (end < source.length && source[end] !== quote && source[end] !== "\n") end += source[end] === "\\" ? 2 : 1;
    const begin = line;
    add("string", begin, advance(end + 1).slice(1, -1));
  };
  const template = (): void => {
    at++;
    let text = "";
    let begin = line;
    while (at < source.length && source[at] !== "`") {
      if (source.startsWith("${", at)) {
        text += "${}";
        const before = line;
        at += 2;
        const inner = line;
        readCode("}");
        at++;
        // The rest of the text belongs to the line that it is on.
        if (line !== before || inner !== before) {
          add("string", begin, text);
          text = "";
          begin = line;
        }
      } else text += advance(at + (source[at] === "\\" ? 2 : 1));
    }
    at++;
    add("string", begin, text);
  };
  const regex = (): void => {
    let end = at + 1;
    let inClass = false;
    while (end < source.length && (inClass || source[end] !== "/") && source[end] !== "\n") {
      if (source[end] === "[") inClass = true;
      else if (source[end] === "]") inClass = false;
      end += source[end] === "\\" ? 2 : 1;
    }
    advance(end + 1);
  };
  function readCode(until: string | undefined): void {
    let depth = 0;
    while (at < source.length) {
      const char = source[at] ?? "";
      if (char === until && depth === 0) return;
      const end = (mark: string): number => {
        const found = source.indexOf(mark, at + 2);
        return found === -1 ? source.length : found;
      };
      if (source.startsWith("//", at)) {
        const begin = line;
        add("comment", begin, advance(end("\n")).slice(2));
      } else if (source.startsWith("/*", at)) {
        const begin = line;
        add("comment", begin, advance(end("*/") + 2).slice(2, -2));
      } else if (char === '"' || char === "'") {
        quoted(char);
        code = '"';
      } else if (char === "`") {
        template();
        code = '"';
      } else if (char === "/" && BEFORE_REGEX.test(code)) {
        regex();
        code = '"';
      } else {
        if (char === "{") depth++;
        if (char === "}") depth--;
        code = (code + char).slice(-20);
        advance(at + 1);
      }
    }
  }
  readCode(undefined);
  return words;
}

/** What is called with a title: `test("…"`, `it.each(…)("…"`, ``describe(`…` ``; anything that was returned by a call counts. */
const TITLED = /(?:\b(?:test|it|describe)(?:\.\w+)*|\))\(\s*(["`])((?:\\.|(?!\1)[^\\])*)\1\s*,/g;

/** The titles of a file of tests. */
export function testTitles(source: string): readonly Words[] {
  const found: Words[] = [];
  for (const match of source.matchAll(TITLED)) {
    const line = source.slice(0, match.index).split("\n").length;
    found.push({ kind: "string", line, text: match[2] ?? "" });
  }
  return found;
}

/**
 * The one place where text that an input may have written becomes text that may be shown: in a terminal, a CI log, a
 * report, a picture or a comment of a script. Escapes are those of JSON, so that JSON stays what it was.
 */

/**
 * C0, DEL and C1 (ECMA-48), line separators, what changes the direction of text (UAX #9) or has no width, tags, and
 * halves of surrogate pairs.
 */
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e007f}]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeChar(char: string): string {
  return (
    SHORT[char] ??
    Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")
  );
}

/** Most text, which the expression above would take four times as long to look through. */
const PLAIN = /^[ -~]*$/;
const PLAIN_LINES = /^[\t\n -~]*$/;

/** Text that stays on its line: `a\u001b[31mb`, `a\nb`. */
export function printable(text: string): string {
  return PLAIN.test(text) ? text : text.replace(HIDDEN, escapeChar);
}

/** Text of several lines: line feeds and tabs stay, CR LF is a line feed. */
export function printableLines(text: string): string {
  if (PLAIN_LINES.test(text)) return text;
  return text
    .replaceAll("\r\n", "\n")
    .replace(HIDDEN, (char) => (char === "\n" || char === "\t" ? char : escapeChar(char)));
}

/** A value as JSON whose bytes can be shown; `##[error]` in it is not a command of a CI system either. */
export function printableJson(value: unknown, indent?: number): string {
  return printableLines(JSON.stringify(value, undefined, indent)).replaceAll("##", "#\\u0023");
}

/** The colours of report/color.ts; no other control sequence is ours. */
const COLOUR = "\\u001b\\[(?:0|1|22|3[0-9]|9[0-7])m";
const COLOURS = new RegExp(COLOUR, "g");
const COMMAND_AT_START = new RegExp(`(^|\\n)((?:\\s|${COLOUR})*):((?:${COLOUR})*):`, "g");
const COMMAND_ANYWHERE = new RegExp(`#((?:${COLOUR})*)#(?=(?:${COLOUR})*(?:\\[|vso\\[|teamcity\\[))`, "gi");
const BLANK = new RegExp(`^(?:\\s|${COLOUR})*$`);

/**
 * Turns text that is about to be written into text that may be written: no control characters but line feeds, tabs and (`color`) our
 * own colours, and nothing that a CI system takes for a command of a step: `::error::` at the start of a line or after
 * blanks, `##[error]`, `##vso[`, `##teamcity[` anywhere (actions/runner ActionCommand.cs, Azure Pipelines, TeamCity).
 * Remembers whether the line before has ended.
 */
export class OutputGuard {
  readonly #color: boolean;
  #atStart = true;

  constructor(color: boolean) {
    this.#color = color;
  }

  clean(text: string): string {
    const plain = this.#color ? cleanBetweenColours(text) : printableLines(text);
    const safe = plain
      .replace(COMMAND_AT_START, (whole, line: string, blanks: string, colours: string) =>
        line === "" && !this.#atStart && !blanks.includes("\n") ? whole : `${line}${blanks}\\u003a${colours}:`,
      )
      .replace(COMMAND_ANYWHERE, "#$1\\u0023");
    const last = safe.slice(safe.lastIndexOf("\n") + 1);
    this.#atStart = BLANK.test(last) && (safe.includes("\n") || this.#atStart);
    return safe;
  }
}

function cleanBetweenColours(text: string): string {
  const colours = text.match(COLOURS) ?? [];
  return text
    .split(COLOURS)
    .map((part, i) => `${printableLines(part)}${colours[i] ?? ""}`)
    .join("");
}

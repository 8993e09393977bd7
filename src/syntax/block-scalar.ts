/** Text below a `|` or `>`: lines unchanged, or folded (YAML 1.2.2, 8.1). */

const HEADER = /[|>]([+-]?)(?: +(?:#.*)?)?(?:\n|$)/y;
const SPACE = 32;

export class BlockScalar {
  /** False: it must be read by a full YAML parser. */
  readonly isPlain: boolean;
  readonly value: string = "";
  /** The beginning of the line behind it. */
  readonly end: number = 0;

  /** `at`: the mark; `indent`: the column of the map or list that it is in. */
  constructor(text: string, at: number, to: number, indent: number) {
    HEADER.lastIndex = at;
    const header = HEADER.exec(text);
    this.isPlain = false;
    if (header === null || header[1] === "+" || at + header[0].length > to) return;
    const lines: string[] = [];
    let width = 0;
    let next = at + header[0].length;
    let end = next;
    while (next < to) {
      const stop = text.indexOf("\n", next);
      const lineEnd = stop < 0 || stop > to ? to : stop;
      let column = next;
      while (column < lineEnd && text.charCodeAt(column) === SPACE) column++;
      const spaces = column - next;
      if (column === lineEnd) {
        if (spaces > width) return;
        lines.push("");
      } else {
        if (spaces <= indent) break;
        if (width === 0) width = spaces;
        if (spaces < width) return;
        if (lines.length > 0 && spaces > width && text.charAt(at) === ">") return;
        lines.push(text.slice(next + width, lineEnd));
      }
      next = lineEnd + 1;
      if (column < lineEnd) end = next;
    }
    if (width === 0) return;
    while (lines.at(-1) === "") lines.pop();
    this.isPlain = true;
    this.end = Math.min(end, to);
    this.value = (text.charAt(at) === ">" ? fold(lines) : lines.join("\n")) + (header[1] === "-" ? "" : "\n");
  }
}

/** Line ends become spaces, empty lines line ends. */
function fold(lines: readonly string[]): string {
  let text = "";
  let empty = 0;
  for (const [i, line] of lines.entries()) {
    if (line === "") {
      empty++;
      continue;
    }
    if (empty > 0) text += "\n".repeat(empty);
    else if (i > 0) text += " ";
    text += line;
    empty = 0;
  }
  return text;
}

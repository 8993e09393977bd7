/** Markdown of lessons and explanations as lines of a terminal (CommonMark with tables; images are not used in lab files). */
import { lexer, type Token, type Tokens } from "marked";

export interface Span {
  readonly text: string;
  readonly style?: "strong" | "emphasis" | "code" | undefined;
}

export interface MarkdownLine {
  readonly kind: "text" | "heading" | "code";
  readonly spans: readonly Span[];
}

/** Columns by which code blocks are set off from the text. */
const CODE_INDENT = "  ";
/** Between columns of a table. */
const COLUMN_GAP = "  ";

/**
 * Lines of at most `width` columns. Paragraphs and list items are filled, whatever their line breaks in the source;
 * code blocks (diagrams, commands) keep theirs, so these lines may be wider.
 */
export function layoutMarkdown(markdown: string, width: number): readonly MarkdownLine[] {
  const lines: MarkdownLine[] = [];
  for (const token of lexer(markdown)) {
    const block = layoutBlock(token, Math.max(8, width));
    if (block.length === 0) continue;
    // A command or picture belongs to the heading above it: no gap.
    if (lines.length > 0 && lines.at(-1)?.kind !== "heading") lines.push({ kind: "text", spans: [] });
    lines.push(...block);
  }
  return lines;
}

/** The line without its styles. */
export function markdownText(line: MarkdownLine): string {
  return textOf(line.spans);
}

function textOf(spans: readonly Span[]): string {
  return spans.map((span) => span.text).join("");
}

function layoutBlock(token: Token, width: number): readonly MarkdownLine[] {
  switch (token.type) {
    case "space":
      return [];
    case "heading":
      return fill(spansOf(token), width).map((spans) => ({ kind: "heading", spans }));
    case "code":
      return (token as Tokens.Code).text
        .trimEnd()
        .split("\n")
        .map((text) => ({ kind: "code", spans: [{ text: text === "" ? "" : CODE_INDENT + text }] }));
    case "list":
      return layoutList(token as Tokens.List, width);
    case "table":
      return layoutTable(token as Tokens.Table, width);
    case "blockquote":
      return indented((token as Tokens.Blockquote).tokens, "│ ", "│ ", width);
    case "hr":
      return [{ kind: "text", spans: [{ text: "─".repeat(width) }] }];
    default:
      return fill(spansOf(token), width).map((spans) => ({ kind: "text", spans }));
  }
}

function layoutList(list: Tokens.List, width: number): readonly MarkdownLine[] {
  const first = typeof list.start === "number" ? list.start : 1;
  return list.items.flatMap((item, index) => {
    const mark = list.ordered ? `${first + index}. ` : "• ";
    return indented(item.tokens, mark, " ".repeat(mark.length), width);
  });
}

/** Columns as wide as their longest cell; where that is too much, the widest wrap, between words. */
function layoutTable({ header, rows }: Tokens.Table, width: number): readonly MarkdownLine[] {
  const gap = COLUMN_GAP.length;
  const table = [header, ...rows].map((row, index) =>
    row.map(({ tokens }) => tokens.flatMap((token) => spansOf(token, index === 0 ? "strong" : undefined))),
  );
  const texts = header.map((_, column) => table.map((row) => textOf(row[column] ?? [])));
  const widths = texts.map((cells) => Math.max(...cells.map((cell) => cell.length)));
  const least = texts.map((cells) => Math.max(...cells.flatMap((cell) => cell.split(" ").map((word) => word.length))));
  const spare = (column: number): number => (widths[column] ?? 0) - (least[column] ?? 0);
  const total = (): number => widths.reduce((sum, one) => sum + one + gap, -gap);
  while (total() > width) {
    const shrinkable = [...widths.keys()].filter((column) => spare(column) > 0);
    const [widest] = shrinkable.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return table.flatMap((row): MarkdownLine[] => {
    const cells = row.map((spans, column) => fill(spans, widths[column] ?? width));
    return Array.from({ length: Math.max(...cells.map((lines) => lines.length)) }, (_, index) => ({
      kind: "text",
      spans: cells.flatMap((lines, column) => {
        const spans = lines[index] ?? [];
        const isLast = column === cells.length - 1;
        return isLast
          ? spans
          : [...spans, { text: " ".repeat((widths[column] ?? 0) - textOf(spans).length) + COLUMN_GAP }];
      }),
    }));
  });
}

/** Blocks of a list item or quotation, the first line behind `mark`, the others behind `indent`. */
function indented(tokens: readonly Token[], mark: string, indent: string, width: number): readonly MarkdownLine[] {
  return tokens
    .flatMap((token) => layoutBlock(token, Math.max(8, width - mark.length)))
    .map((line, index) => ({ ...line, spans: [{ text: index === 0 ? mark : indent }, ...line.spans] }));
}

function spansOf(token: Token, style?: Span["style"]): readonly Span[] {
  const inner = "tokens" in token ? token.tokens : undefined;
  if (token.type === "strong") return (inner ?? []).flatMap((child) => spansOf(child, "strong"));
  if (token.type === "em") return (inner ?? []).flatMap((child) => spansOf(child, style ?? "emphasis"));
  if (token.type === "codespan") return [{ text: (token as Tokens.Codespan).text, style: "code" }];
  if (token.type === "br") return [{ text: "\n" }];
  if (inner !== undefined && inner.length > 0) return inner.flatMap((child) => spansOf(child, style));
  // HTML is text here: <pod> in a sentence is a placeholder.
  return [{ text: "text" in token ? unescapeHtml(String(token.text)) : token.raw, style }];
}

/** The lexer writes the five characters of HTML as entities. */
function unescapeHtml(text: string): string {
  const plain: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };
  return text.replaceAll(/&(?:lt|gt|quot|#39|amp);/gu, (entity) => plain[entity] ?? entity);
}

/** Words of the spans in lines of at most `width`; a longer word has a line of its own. */
function fill(spans: readonly Span[], width: number): readonly (readonly Span[])[] {
  const lines: Span[][] = [[]];
  let used = 0;
  let gap = false;
  for (const span of spans) {
    for (const piece of span.text.split(/([ \n]+)/u)) {
      if (piece === "") continue;
      if (/^[ \n]+$/u.test(piece)) {
        gap = used > 0;
        continue;
      }
      if (gap && used + 1 + piece.length > width) {
        lines.push([]);
        used = 0;
        gap = false;
      }
      append(lines.at(-1) ?? [], { ...span, text: piece }, gap);
      used += piece.length + (gap ? 1 : 0);
      gap = false;
    }
  }
  return lines;
}

/** Adds a word behind a space or not; words of one style become one span. */
function append(line: Span[], word: Span, gap: boolean): void {
  const last = line.pop();
  if (last === undefined) line.push(word);
  else if (last.style === word.style) line.push({ ...last, text: `${last.text}${gap ? " " : ""}${word.text}` });
  else line.push(gap ? { ...last, text: `${last.text} ` } : last, word);
}

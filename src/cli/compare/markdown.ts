/** A comparison as Markdown: a table for each part, then the notes. */
import type { Comparison } from "./sections.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;

export function comparisonMarkdown({ networks, sections, notes }: Comparison): string {
  const tables = sections.map(({ title, rows }) =>
    [
      `### ${title}`,
      "",
      line(["", ...networks]),
      line(["---", ...networks.map(() => "---")]),
      ...rows.map(({ label, cells }) => line([label, ...cells])),
    ].join("\n"),
  );
  return `${[...tables, notes.map((note) => `- ${note.replaceAll("\n", " ")}`).join("\n")].join("\n\n")}\n`;
}

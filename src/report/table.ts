/** Columns of text, as wide as their widest cell; colours take no width. */
import { stripVTControlCharacters } from "node:util";

export function formatTable(head: readonly string[], rows: readonly (readonly string[])[], indent = ""): string {
  const all = head.length === 0 ? rows : [head, ...rows];
  const width = (text: string): number => stripVTControlCharacters(text).length;
  const widths: number[] = [];
  for (const row of all) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell));
  return all
    .map((row) => {
      const cells = row.map((cell, i) =>
        i === row.length - 1 ? cell : cell + " ".repeat((widths[i] ?? 0) - width(cell)),
      );
      return `${indent}${cells.join("  ").trimEnd()}\n`;
    })
    .join("");
}

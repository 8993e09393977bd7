/** A line of a list, as data: the screen draws it, tests read it. */

export type Tone = "ok" | "bad" | "warn" | "dim" | "name" | "address" | "plain";

export interface Segment {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

export interface Row {
  /** Stable identity: keeps the selection while rows come and go. */
  readonly key: string;
  readonly depth: number;
  readonly segments: readonly Segment[];
  readonly expandable?: boolean | undefined;
  readonly expanded?: boolean | undefined;
}

export function rowText(row: Row): string {
  const marker = row.expandable === true ? (row.expanded === true ? "▾ " : "▸ ") : "  ";
  return "  ".repeat(row.depth) + marker + row.segments.map((segment) => segment.text).join("");
}

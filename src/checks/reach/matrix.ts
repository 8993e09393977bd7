/** A reachability matrix as text: who reaches whom, what was expected not to, and where reality differs. */
import type { Outcome } from "../../net/outcome.ts";

export interface Cell {
  /** undefined: not probed. */
  readonly expected: Outcome | undefined;
  readonly got: Outcome | undefined;
}

export interface Matrix {
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** cells[i][j]: from[i] → to[j]. */
  readonly cells: readonly (readonly Cell[])[];
}

/** Up to this many columns the matrix itself is printed, above that a summary per row. */
export const WIDEST = 20;
const MAX_SURPRISES = 20;

const LETTERS = {
  open: "o",
  refused: "r",
  reset: "s",
  timeout: "t",
  unreachable: "u",
  noname: "n",
} as const satisfies Record<Outcome, string>;

export function isSurprise(cell: Cell): boolean {
  return cell.expected !== undefined && cell.got !== cell.expected;
}

/** `pod/a → pod/b: timeout, expected open`, row by row. */
export function surprises(matrix: Matrix): string[] {
  return matrix.from.flatMap((from, i) =>
    matrix.to.flatMap((to, j) => {
      const cell = matrix.cells[i]?.[j];
      return cell === undefined || !isSurprise(cell)
        ? []
        : [`${from} → ${to}: ${cell.got ?? "not probed"}, expected ${cell.expected ?? "nothing"}`];
    }),
  );
}

export function formatMatrix(matrix: Matrix): string {
  return matrix.to.length <= WIDEST && matrix.from.length <= WIDEST * 2 ? formatFull(matrix) : formatSummary(matrix);
}

/** `.` reachable as expected, a letter: not reachable, as expected; `X` and a letter: not what was expected. */
function formatFull(matrix: Matrix): string {
  const symbols = matrix.cells.map((row) => row.map(symbol));
  const names = matrix.from.map((name, i) => (sameList(matrix) ? `${i + 1} ${name}` : name));
  const left = Math.max(...names.map((name) => name.length), 0);
  const width = Math.max(2, ...symbols.flat().map((text) => text.length), String(matrix.to.length).length) + 1;
  const line = (head: string, cells: readonly string[]): string =>
    `${head.padEnd(left)} ${cells.map((cell) => cell.padStart(width)).join("")}`;
  const lines = [
    line(
      "",
      matrix.to.map((_, j) => String(j + 1)),
    ),
    ...names.map((name, i) => line(name, symbols[i] ?? [])),
  ];
  if (!sameList(matrix)) lines.push(`to: ${matrix.to.map((name, j) => `${j + 1} ${name}`).join(", ")}`);
  lines.push(legend(symbols.flat()));
  return lines.map((text) => text.trimEnd()).join("\n");
}

function formatSummary(matrix: Matrix): string {
  const probed = matrix.cells.flat().filter((cell) => cell.expected !== undefined);
  const found = surprises(matrix);
  const rows = matrix.from.flatMap((name, i) => {
    const row = (matrix.cells[i] ?? []).filter((cell) => cell.expected !== undefined);
    const wrong = row.filter(isSurprise).length;
    return wrong === 0
      ? []
      : [`${name}: ${row.length - wrong} of ${row.length} as expected, ${tally(row.filter(isSurprise))}`];
  });
  const clean = matrix.from.length - rows.length;
  return [
    `${matrix.from.length} × ${matrix.to.length}: ${probed.length - found.length} of ${probed.length} as expected (${tally(probed)})`,
    ...rows.slice(0, MAX_SURPRISES),
    ...(rows.length > MAX_SURPRISES ? [`… ${rows.length - MAX_SURPRISES} more rows with surprises`] : []),
    ...(rows.length > 0 && clean > 0 ? [`${clean} other rows entirely as expected`] : []),
    ...found.slice(0, MAX_SURPRISES).map((text) => `  X ${text}`),
    ...(found.length > MAX_SURPRISES ? [`  … ${found.length - MAX_SURPRISES} more`] : []),
  ].join("\n");
}

/** `3 open, 2 timeout`. */
export function tally(cells: readonly Cell[]): string {
  const counts = new Map<string, number>();
  for (const cell of cells) counts.set(cell.got ?? "not probed", (counts.get(cell.got ?? "not probed") ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(", ");
}

function symbol(cell: Cell): string {
  if (cell.expected === undefined) return "-";
  const letter = cell.got === undefined ? "?" : LETTERS[cell.got];
  if (isSurprise(cell)) return `X${letter}`;
  return cell.got === "open" ? "." : letter;
}

function legend(symbols: readonly string[]): string {
  const used = new Set(symbols.flatMap((text) => [...text]));
  const parts = [
    used.has(".") ? ". open" : undefined,
    ...Object.entries(LETTERS).map(([outcome, letter]) => (used.has(letter) ? `${letter} ${outcome}` : undefined)),
    used.has("-") ? "- not probed" : undefined,
    used.has("X") ? "X not as expected" : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(" · ");
}

function sameList(matrix: Matrix): boolean {
  return matrix.from.length === matrix.to.length && matrix.from.every((name, i) => name === matrix.to[i]);
}

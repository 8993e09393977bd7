/** Lines cut to a width: a pane has a number of terminal lines, not of sentences. */
import { printableLines } from "../printable.ts";
import type { DetailLine } from "./detail.ts";

/** Wraps at spaces where possible; continuation lines are indented like their first line. */
export function wrapLines(lines: readonly DetailLine[], width: number): DetailLine[] {
  const room = Math.max(8, width);
  const out: DetailLine[] = [];
  for (const line of lines) {
    if (line.fixed === true) {
      out.push(line);
      continue;
    }
    for (const physical of printableLines(line.text).split("\n")) {
      let rest = physical;
      const indent = " ".repeat(Math.min(/^ */u.exec(physical)?.[0].length ?? 0, room - 4));
      while (rest.length > room) {
        const space = rest.lastIndexOf(" ", room);
        const cut = space > indent.length + room / 3 ? space : room;
        out.push({ ...line, text: rest.slice(0, cut) });
        rest = indent + rest.slice(cut).trimStart();
      }
      out.push({ ...line, text: rest });
    }
  }
  return out;
}

/** The part of a list that is shown so that the selected row is visible: index of the first row. */
export function windowStart(count: number, height: number, selected: number, start: number): number {
  const last = Math.max(0, count - height);
  let first = Math.min(start, last);
  if (selected < first) first = selected;
  if (selected >= first + height) first = selected - height + 1;
  return Math.max(0, Math.min(first, last));
}

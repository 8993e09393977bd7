/** What a click or a turn of the wheel does: the same as keys do. */
import { openRow, selectRow, switchPane } from "./keys.ts";
import type { MouseEvent } from "./mouse.ts";
import { PANES } from "./panes.ts";
import type { KeyContext } from "./view.ts";

/** Where things are on the screen, in rows and columns from 0. */
export interface ScreenLayout {
  /** Row of the tabs. */
  readonly tabs: number;
  readonly list: Area;
  /** First row of the list that is shown. */
  readonly first: number;
}

interface Area {
  readonly top: number;
  readonly height: number;
  readonly width: number;
}

const WHEEL_LINES = 3;

export function handleMouse(event: MouseEvent, layout: ScreenLayout, context: KeyContext): void {
  const { view, update } = context;
  if (view.trace !== undefined) return;
  const { list } = layout;
  const inList = event.row >= list.top && event.row < list.top + list.height && event.column < list.width;
  if (event.what === "wheel-up" || event.what === "wheel-down") {
    const direction = event.what === "wheel-up" ? -1 : 1;
    if (inList) selectRow(context, context.selected + direction);
    else update({ scroll: Math.max(0, view.scroll + direction * WHEEL_LINES) });
  }
  if (event.what !== "press") return;
  if (view.help) return update({ help: false });
  if (event.row === layout.tabs) {
    const index = tabAt(event.column);
    if (index !== undefined) switchPane(context, index);
  } else if (inList) {
    const index = layout.first + event.row - list.top;
    if (index === context.selected) openRow(context, undefined);
    else selectRow(context, index);
  }
}

/** ` 1 topology  2 checks …`: index of the tab at a column. */
function tabAt(column: number): number | undefined {
  let start = 0;
  for (const [index, pane] of PANES.entries()) {
    const end = start + pane.length + 4;
    if (column >= start && column < end) return index;
    start = end;
  }
  return undefined;
}

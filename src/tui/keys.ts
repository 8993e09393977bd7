/** What each key does, apart from drawing. */
import type { Key } from "ink";
import { act, selectedPlace, startCapture, stopCapture, targetAt } from "./act.ts";
import { PANES } from "./panes.ts";
import { startTrace, traceKey } from "./trace-keys.ts";
import type { KeyContext } from "./view.ts";

export function handleKey(input: string, key: Key, context: KeyContext): void {
  const { view, update } = context;
  if (key.ctrl && input === "c") {
    context.actions.quit();
    return;
  }
  if (view.typing) return typeSearch(input, key, context);
  if (view.message !== "") update({ message: "" });
  if (view.help) {
    update({ help: false });
    return;
  }
  if (view.trace !== undefined) return traceKey(input, key, context, view.trace);
  const scrolls = view.pane === "lesson" ? scrollLesson(input, key) : 0;
  if (scrolls !== 0) return update({ scroll: Math.max(0, view.scroll + scrolls) });
  if (key.escape) return update({ search: "", zoom: false });
  if (key.upArrow || input === "k") return selectRow(context, context.selected - 1);
  if (key.downArrow || input === "j") return selectRow(context, context.selected + 1);
  if (key.home || input === "g") return selectRow(context, 0);
  if (key.end || input === "G") return selectRow(context, context.rows.length - 1);
  if (key.pageDown || input === " ") return update({ scroll: view.scroll + context.page });
  if (key.pageUp || input === "b") return update({ scroll: Math.max(0, view.scroll - context.page) });
  if (key.tab) return switchPane(context, PANES.indexOf(view.pane) + (key.shift ? -1 : 1));
  if (/^[1-5]$/u.test(input)) return switchPane(context, Number(input) - 1);
  if (key.return || key.rightArrow || key.leftArrow)
    return openRow(context, key.leftArrow ? false : key.rightArrow ? true : undefined);
  pressLetter(input, context);
}

/** Letters of the filter, until Enter keeps it or Esc drops it. */
function typeSearch(input: string, key: Key, { view, update }: KeyContext): void {
  if (key.return) return update({ typing: false });
  if (key.escape) return update({ typing: false, search: "" });
  if (key.backspace || key.delete) return update({ search: view.search.slice(0, -1) });
  if (!key.ctrl && !key.meta && /^[^\p{C}]$/u.test(input)) update({ search: view.search + input });
}

function scrollLesson(input: string, key: Key): number {
  if (key.upArrow || input === "k") return -1;
  return key.downArrow || input === "j" ? 1 : 0;
}

function pressLetter(letter: string, context: KeyContext): void {
  const { view, update, actions } = context;
  switch (letter) {
    case "r":
      return act(context, "running the check again", () => actions.rerun(selectedChecks(context)));
    case "R":
      return act(context, "running all checks again", () => actions.rerun());
    case "c":
      return capture(context);
    case "s":
      return shell(context);
    case "t":
      return startTrace(context);
    case "f":
      return update({ filter: !view.filter, pane: "packets" });
    case "d":
      return act(context, "comparing the kernel with the lab file", () => lookAtDrift(context));
    case "m":
      return act(context, "repairing what differs", async () => {
        await actions.repair();
        if (view.drift !== undefined) await lookAtDrift(context);
      });
    case "/":
      return update({ typing: true, search: "" });
    case "z":
      return view.pane === "lesson" ? undefined : update({ zoom: !view.zoom, scroll: 0 });
    case "?":
    case "h":
      return update({ help: true });
    case "q":
      return actions.quit();
    case "Q":
      return actions.quitAndDown();
    default:
  }
}

async function lookAtDrift({ view, update, actions }: KeyContext): Promise<void> {
  const drift = await actions.whatChanged();
  update({ drift, pane: "changes", scroll: 0, selected: { ...view.selected, changes: "drift:0" } });
}

export function selectRow(context: KeyContext, index: number): void {
  const clamped = Math.max(0, Math.min(index, context.rows.length - 1));
  const row = context.rows[clamped];
  if (row === undefined) return;
  context.update({ selected: { ...context.view.selected, [context.view.pane]: row.key }, scroll: 0 });
}

export function switchPane(context: KeyContext, index: number): void {
  const pane = PANES[(index + PANES.length) % PANES.length];
  if (pane !== undefined) context.update({ pane, scroll: 0 });
}

/** Opens or closes the selected row; undefined: the other way round. */
export function openRow(context: KeyContext, open: boolean | undefined): void {
  const row = context.rows[context.selected];
  if (row?.expandable !== true) return;
  const expanded = new Set(context.view.expanded);
  if (open ?? !expanded.has(row.key)) expanded.add(row.key);
  else expanded.delete(row.key);
  context.update({ expanded, selected: { ...context.view.selected, topology: row.key } });
}

function selectedChecks(context: KeyContext): readonly string[] | undefined {
  const key = context.view.pane === "checks" ? context.rows[context.selected]?.key : context.view.selected.checks;
  return key === undefined ? undefined : [key.slice("check:".length)];
}

function capture(context: KeyContext): void {
  const { view, update } = context;
  if (view.capture !== undefined) return stopCapture(context, view.capture);
  const place = selectedPlace(context);
  if (place === undefined) return update({ message: "select a place in the topology first (1), then press c" });
  const target = targetAt(context, place.ns);
  if (target === undefined) return update({ message: `nothing to capture in ${place.ns}` });
  startCapture(context, { ...target, iface: place.dev }, { pane: "packets", filter: true });
}

function shell(context: KeyContext): void {
  const place = selectedPlace(context);
  if (place === undefined)
    return context.update({ message: "select a namespace in the topology first (1), then press s" });
  const target = targetAt(context, place.ns);
  if (target === undefined) return context.update({ message: `no shell in ${place.ns}` });
  act(context, `shell in ${target.text}`, () => context.suspend(() => context.actions.shell(target)));
}

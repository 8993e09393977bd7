/** The screen: which pane, which row, what the keys do. */
import { Box, useApp, useInput, useStdout, useWindowSize, type Key } from "ink";
import { useEffect, useMemo, useReducer, useRef, useSyncExternalStore, type ReactNode } from "react";
import type { TuiActions, Difference } from "./port.ts";
import { makeBlueprint, type Blueprint } from "./blueprint.ts";
import { handleMouse } from "./click.ts";
import { detailLines } from "./detail.ts";
import { handleKey } from "./keys.ts";
import { MOUSE_OFF, MOUSE_ON, type MouseEvent } from "./mouse.ts";
import { objectRows, openableObjects } from "./objects.ts";
import { changeRows, checkRows, openableKeys, packetRows, topologyRows, type PaneName } from "./panes.ts";
import { Detail, Footer, Header, Help, KEYS_IN_SHORT, List, Progress, Tabs } from "./parts.tsx";
import { rowText, type Row } from "./row.ts";
import type { TuiState } from "./state.ts";
import type { Store } from "./store.ts";
import { Text } from "./text.tsx";
import type { Theme } from "./theme.ts";
import { traceKeys, TraceScreen, traceTitle } from "./trace-screen.tsx";
import type { KeyContext, View } from "./view.ts";
import { windowStart, wrapLines } from "./wrap.ts";

export interface AppProps {
  readonly store: Store;
  readonly actions: TuiActions;
  readonly theme: Theme;
  /** Calls the listener for what the mouse does, until the function that it returns is called. */
  readonly mouse: (listener: (event: MouseEvent) => void) => () => void;
}

/** Side by side from this width on. */
const WIDE = 110;

/** Columns of running text that are comfortable to read. */
const READABLE = 100;

/** Rows above the body: header, tabs, a line. */
const TOP = 3;

const EMPTY: Record<PaneName, string> = {
  topology: "nothing is built yet",
  checks: "the lab declares no checks",
  packets: "no packets yet: select a place in the topology and press c",
  changes: "nothing had to be changed",
  lesson: "",
};

export function App({ store, actions, theme, mouse }: AppProps): ReactNode {
  const version = useSyncExternalStore(store.subscribe, store.version);
  const { suspendTerminal } = useApp();
  const { stdout } = useStdout();
  const { columns, rows: height } = useWindowSize();
  // Keys can come faster than the screen is drawn: the view is changed at once, drawing follows.
  const viewRef = useRef<View>(initialView());
  const [drawn, draw] = useReducer((count: number) => count + 1, 0);
  const view = viewRef.current;
  const { state } = store;
  const blueprint = useMemo(() => (state.lab === undefined ? undefined : makeBlueprint(state.lab)), [state.lab]);
  const rows = useMemo(() => rowsOf(view, state, blueprint), [version, drawn, blueprint]);
  const selected = selectedIndex(view, rows);
  const key = rows[selected]?.key;

  const wide = columns >= WIDE;
  const body = Math.max(4, height - 4);
  const alone = view.zoom || view.pane === "lesson";
  const listHeight = alone
    ? 0
    : wide
      ? body
      : Math.max(1, Math.min(body - 2, Math.max(3, Math.ceil(body * (view.pane === "packets" ? 0.75 : 0.5)) - 1)));
  const listWidth = wide ? Math.floor(columns * 0.46) : columns;
  const detailHeight = wide || alone ? body : Math.max(1, body - listHeight - 1);
  const detailWidth = wide && !alone ? columns - listWidth - 3 : columns;
  const detail = useMemo(
    () =>
      wrapLines(
        detailLines({ state, blueprint, drift: view.drift, width: Math.min(detailWidth, READABLE) }, key),
        detailWidth,
      ),
    [version, drawn, blueprint, key, detailWidth],
  );
  const firstRef = useRef(0);
  firstRef.current = windowStart(rows.length, listHeight, selected, firstRef.current);
  const scroll = Math.max(0, Math.min(view.scroll, detail.length - detailHeight));

  const makeContext = (): KeyContext => {
    const now = rowsOf(viewRef.current, state, blueprint);
    const lastScroll = Math.max(0, detail.length - detailHeight);
    return {
      view: { ...viewRef.current, scroll: Math.min(viewRef.current.scroll, lastScroll) },
      update: (change) => {
        viewRef.current = { ...viewRef.current, ...change };
        draw();
      },
      latest: () => viewRef.current,
      // OSC 52, https://invisible-island.net/xterm/ctlseqs/ctlseqs.html: terminals that do not know it ignore it.
      copy: (text) => void stdout.write(`\u001B]52;c;${Buffer.from(text).toString("base64")}\u0007`),
      rows: now,
      selected: selectedIndex(viewRef.current, now),
      page: detailHeight - 1,
      state,
      actions,
      suspend: async (work) => {
        stdout.write(MOUSE_OFF);
        await suspendTerminal(work);
        stdout.write(MOUSE_ON);
      },
    };
  };
  useInput((input, pressed) => {
    for (const letter of isTyped(input, pressed) ? input : [input]) handleKey(letter, pressed, makeContext());
  });
  const onMouse = useRef<(event: MouseEvent) => void>(() => undefined);
  onMouse.current = (event) => {
    const list = { top: TOP, height: listHeight, width: listWidth };
    handleMouse(event, { tabs: 1, list, first: firstRef.current }, makeContext());
  };
  useEffect(() => mouse((event) => onMouse.current(event)), [mouse]);

  const building = state.phase === "starting" || state.phase === "building" || state.phase === "going-down";
  return (
    <Box flexDirection="column" width={columns} height={height} overflow="hidden">
      <Header state={state} theme={theme} width={columns} />
      {building ? (
        <Progress state={state} theme={theme} width={columns} />
      ) : view.trace !== undefined ? (
        <Text wrap="truncate-end" bold>
          {traceTitle(view.trace, view)}
        </Text>
      ) : (
        <Tabs active={view.pane} theme={theme} note={tabNote(view, state)} />
      )}
      <Text dimColor={theme.dim("dim")}>{"─".repeat(columns)}</Text>
      {view.help ? (
        <Help width={columns} height={body} />
      ) : view.trace !== undefined && state.lab !== undefined ? (
        <TraceScreen
          trace={view.trace}
          view={view}
          lab={state.lab}
          targets={actions.targets()}
          blueprint={blueprint}
          theme={theme}
          width={columns}
          height={body}
        />
      ) : (
        <Box flexDirection={wide ? "row" : "column"} height={body} overflow="hidden">
          {alone ? null : (
            <List
              rows={rows}
              first={firstRef.current}
              height={listHeight}
              width={listWidth}
              selected={selected}
              theme={theme}
              empty={view.search === "" ? EMPTY[view.pane] : `no row contains "${view.search}": Esc shows all`}
            />
          )}
          {alone ? null : wide ? (
            <Divider height={body} theme={theme} />
          ) : (
            <Text dimColor={theme.dim("dim")}>{"─".repeat(columns)}</Text>
          )}
          <Detail lines={detail} first={scroll} height={detailHeight} width={detailWidth} theme={theme} />
        </Box>
      )}
      <Footer
        message={view.message}
        search={view.trace === undefined ? searchNote(view) : ""}
        keys={view.trace === undefined ? KEYS_IN_SHORT : traceKeys(view.trace)}
        theme={theme}
        width={columns}
      />
    </Box>
  );
}

/** Several letters that arrived at once; not the sequence of a special key. */
function isTyped(input: string, key: Key): boolean {
  return input.length > 1 && !key.ctrl && !key.meta;
}

function rowsOf(view: View, state: TuiState, blueprint: Blueprint | undefined): Row[] {
  const rows = allRows(view, state, blueprint);
  if (view.search === "") return rows;
  const wanted = view.search.toLowerCase();
  return rows.filter((row) => rowText(row).toLowerCase().includes(wanted));
}

function allRows(view: View, state: TuiState, blueprint: Blueprint | undefined): Row[] {
  switch (view.pane) {
    case "lesson":
      return [];
    case "topology": {
      if (blueprint === undefined || state.lab === undefined) return [];
      // What is searched for may be in a row that is closed.
      const expanded =
        view.search === "" ? view.expanded : new Set([...openableKeys(blueprint), ...openableObjects(state.lab)]);
      return [...topologyRows(blueprint, expanded), ...objectRows(state.lab, expanded)];
    }
    case "checks":
      return checkRows(state);
    case "packets":
      return packetRows(state, view.filter ? packetFilter(view) : {});
    case "changes":
      return changeRows(state, view.drift);
  }
}

/** The row that is selected; packets follow the newest until one is chosen. */
function selectedIndex(view: View, rows: readonly Row[]): number {
  const found = rows.findIndex((row) => row.key === view.selected[view.pane]);
  if (found >= 0) return found;
  return view.pane === "packets" ? Math.max(0, rows.length - 1) : 0;
}

function Divider({ height, theme }: { height: number; theme: Theme }): ReactNode {
  return (
    <Box width={3} height={height} justifyContent="center">
      <Text dimColor={theme.dim("dim")}>{Array.from({ length: height }, () => "│").join("\n")}</Text>
    </Box>
  );
}

function initialView(): View {
  return {
    pane: "checks",
    selected: {},
    expanded: new Set(),
    scroll: 0,
    help: false,
    filter: false,
    capture: undefined,
    drift: undefined,
    search: "",
    typing: false,
    trace: undefined,
    zoom: false,
    message: "",
  };
}

/** Packets of the check or place that is selected in the other panes. */
export function packetFilter(view: View): { capture?: string | undefined; place?: string | undefined } {
  if (view.capture !== undefined) return { capture: view.capture.name };
  const place = view.selected.topology;
  if (place === undefined) return {};
  const [kind, ns, dev] = place.split(":");
  if (kind !== "ns" && kind !== "dev") return {};
  return { place: kind === "dev" ? `${ns}/${dev}` : (ns ?? "") };
}

/** The footer's text about the filter; empty: no filter. */
function searchNote({ search, typing }: View): string {
  if (typing) return `/${search}▏  Enter keeps the filter, Esc drops it`;
  return search === "" ? "" : `/${search}  Esc shows all`;
}

function tabNote(view: View, state: TuiState): string {
  if (state.phase === "rolling-out") return state.notes.at(-1)?.text ?? state.afterwards[0] ?? "";
  if (view.capture !== undefined) return `recording ${view.capture.place}: c stops`;
  if (view.pane === "packets") return `${state.packets.length} packets${view.filter ? ", filtered: f shows all" : ""}`;
  if (view.pane === "changes" && view.drift !== undefined) return driftNote(view.drift);
  if (view.pane === "changes") return `${state.changes.length} operations`;
  return state.lab?.file ?? "";
}

function driftNote(drift: readonly Difference[]): string {
  const foreign = drift.filter((one) => one.isForeign === true).length;
  const own = drift.length - foreign;
  const notes = [
    ...(own === 0 ? [] : [`${own} ${own === 1 ? "differs" : "differ"}: m repairs`]),
    ...(foreign === 0 ? [] : [`${foreign} not part of this lab`]),
  ];
  return notes.join(", ") || "matches the lab file";
}

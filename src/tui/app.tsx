/** The screen: which pane, which row, what the keys do. */
import { Box, useApp, useInput, useWindowSize } from "ink";
import type { Key } from "ink";
import { useMemo, useReducer, useRef, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import type { TuiActions } from "../cli/tui-port.ts";
import { makeBlueprint } from "./blueprint.ts";
import type { Blueprint } from "./blueprint.ts";
import { detailLines } from "./detail.ts";
import { handleKey } from "./keys.ts";
import type { View } from "./keys.ts";
import { objectRows } from "./objects.ts";
import { changeRows, checkRows, packetRows, topologyRows } from "./panes.ts";
import type { PaneName } from "./panes.ts";
import { Detail, Footer, Header, Help, List, Progress, Tabs } from "./parts.tsx";
import type { Row } from "./row.ts";
import type { TuiState } from "./state.ts";
import type { Store } from "./store.ts";
import { Text } from "./text.tsx";
import type { Theme } from "./theme.ts";
import { windowStart, wrapLines } from "./wrap.ts";

export interface AppProps {
  readonly store: Store;
  readonly actions: TuiActions;
  readonly theme: Theme;
}

/** Side by side from this width on. */
const WIDE = 110;

const EMPTY: Record<PaneName, string> = {
  topology: "nothing is built yet",
  checks: "the lab declares no checks",
  packets: "no packets yet: select a place in the topology and press c",
  changes: "nothing had to be changed",
};

export function App({ store, actions, theme }: AppProps): ReactNode {
  const version = useSyncExternalStore(store.subscribe, store.version);
  const { suspendTerminal } = useApp();
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
  const listHeight = wide ? body : Math.max(3, Math.ceil(body * (view.pane === "packets" ? 0.75 : 0.5)) - 1);
  const listWidth = wide ? Math.floor(columns * 0.46) : columns;
  const detailHeight = wide ? body : Math.max(1, body - listHeight - 1);
  const detailWidth = wide ? columns - listWidth - 3 : columns;
  const detail = useMemo(
    () => wrapLines(detailLines(state, blueprint, view.pane === "packets" ? undefined : key), detailWidth),
    [version, drawn, blueprint, key, detailWidth],
  );
  const firstRef = useRef(0);
  firstRef.current = windowStart(rows.length, listHeight, selected, firstRef.current);
  const scroll = Math.max(0, Math.min(view.scroll, detail.length - detailHeight));

  useInput((input, pressed) => {
    for (const letter of isTyped(input, pressed) ? input : [input]) {
      const now = rowsOf(viewRef.current, state, blueprint);
      handleKey(letter, pressed, {
        view: {
          ...viewRef.current,
          scroll: Math.min(viewRef.current.scroll, Math.max(0, detail.length - detailHeight)),
        },
        update: (change) => {
          viewRef.current = { ...viewRef.current, ...change };
          draw();
        },
        rows: now,
        selected: selectedIndex(viewRef.current, now),
        page: detailHeight - 1,
        state,
        actions,
        suspend: (work) => suspendTerminal(work),
      });
    }
  });

  const building = state.phase === "starting" || state.phase === "building" || state.phase === "going-down";
  return (
    <Box flexDirection="column" width={columns} height={height} overflow="hidden">
      <Header state={state} theme={theme} width={columns} />
      {building ? (
        <Progress state={state} theme={theme} width={columns} />
      ) : (
        <Tabs active={view.pane} theme={theme} note={tabNote(view, state)} />
      )}
      <Text dimColor={theme.dim("dim")}>{"─".repeat(columns)}</Text>
      {view.help ? (
        <Help width={columns} height={body} />
      ) : (
        <Box flexDirection={wide ? "row" : "column"} height={body} overflow="hidden">
          <List
            rows={rows}
            first={firstRef.current}
            height={listHeight}
            width={listWidth}
            selected={selected}
            theme={theme}
            empty={EMPTY[view.pane]}
          />
          {wide ? (
            <Divider height={body} theme={theme} />
          ) : (
            <Text dimColor={theme.dim("dim")}>{"─".repeat(columns)}</Text>
          )}
          <Detail lines={detail} first={scroll} height={detailHeight} width={detailWidth} theme={theme} />
        </Box>
      )}
      <Footer message={view.message} theme={theme} width={columns} />
    </Box>
  );
}

/** Several letters that arrived at once; not the sequence of a special key. */
function isTyped(input: string, key: Key): boolean {
  return input.length > 1 && !key.ctrl && !key.meta;
}

function rowsOf(view: View, state: TuiState, blueprint: Blueprint | undefined): Row[] {
  switch (view.pane) {
    case "topology":
      return blueprint === undefined || state.lab === undefined
        ? []
        : [...topologyRows(blueprint, view.expanded), ...objectRows(state.lab, view.expanded)];
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
    message: "",
  };
}

/** Packets of the check or place that is selected in the other panes. */
export function packetFilter(view: View): { capture?: string | undefined; place?: string | undefined } {
  if (view.capture !== undefined) return { capture: view.capture };
  const place = view.selected.topology;
  if (place === undefined) return {};
  const [kind, ns, dev] = place.split(":");
  if (kind !== "ns" && kind !== "dev") return {};
  return { place: kind === "dev" ? `${ns}/${dev}` : (ns ?? "") };
}

function tabNote(view: View, state: TuiState): string {
  if (state.phase === "rolling-out") return state.notes.at(-1)?.text ?? state.afterwards[0] ?? "";
  if (view.capture !== undefined) return `capturing ${view.capture}: c stops`;
  if (view.pane === "packets") return `${state.packets.length} packets${view.filter ? ", filtered: f shows all" : ""}`;
  if (view.pane === "changes" && view.drift !== undefined)
    return view.drift.length === 0
      ? "the kernel is as the lab file says"
      : `${view.drift.length} differences: run up again to mend them`;
  if (view.pane === "changes") return `${state.changes.length} operations`;
  return state.lab?.file ?? "";
}

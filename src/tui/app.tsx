/** The screen: which pane, which row, what the keys do. */
import { Box, Text, useApp, useInput, useWindowSize } from "ink";
import { useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import type { TuiActions } from "../cli/tui-port.ts";
import { makeBlueprint } from "./blueprint.ts";
import { detailLines } from "./detail.ts";
import { handleKey } from "./keys.ts";
import type { View } from "./keys.ts";
import { changeRows, checkRows, packetRows, topologyRows } from "./panes.ts";
import type { PaneName } from "./panes.ts";
import { Detail, Footer, Header, Help, List, Progress, Tabs } from "./parts.tsx";
import type { Row } from "./row.ts";
import type { TuiState } from "./state.ts";
import type { Store } from "./store.ts";
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
  const [view, setView] = useState<View>(initialView);
  const { state } = store;
  const blueprint = useMemo(() => (state.lab === undefined ? undefined : makeBlueprint(state.lab)), [state.lab]);

  const only = view.filter ? packetFilter(view) : {};
  const rows = useMemo((): Row[] => {
    switch (view.pane) {
      case "topology":
        return blueprint === undefined ? [] : topologyRows(blueprint, view.expanded);
      case "checks":
        return checkRows(state);
      case "packets":
        return packetRows(state, only);
      case "changes":
        return changeRows(state, view.drift);
    }
    // `version` stands for everything inside the state.
  }, [version, blueprint, view.pane, view.expanded, view.drift, only.capture, only.place]);

  const selectedKey = view.selected[view.pane];
  const found = rows.findIndex((row) => row.key === selectedKey);
  const selected = found >= 0 ? found : view.pane === "packets" ? rows.length - 1 : 0;
  const key = rows[selected]?.key;

  const wide = columns >= WIDE;
  const body = Math.max(4, height - 4);
  const listHeight = wide ? body : Math.max(3, Math.ceil(body * (view.pane === "packets" ? 0.75 : 0.5)) - 1);
  const listWidth = wide ? Math.floor(columns * 0.46) : columns;
  const detailHeight = wide ? body : Math.max(1, body - listHeight - 1);
  const detailWidth = wide ? columns - listWidth - 3 : columns;
  const detail = useMemo(
    () => wrapLines(detailLines(state, blueprint, view.pane === "packets" ? undefined : key), detailWidth),
    [version, blueprint, key, detailWidth, view.pane],
  );
  const firstRef = useRef(0);
  firstRef.current = windowStart(rows.length, listHeight, selected, firstRef.current);
  const scroll = Math.max(0, Math.min(view.scroll, detail.length - detailHeight));

  useInput((input, pressed) => {
    handleKey(input, pressed, {
      view: { ...view, scroll },
      update: (change) => setView((old) => ({ ...old, ...change })),
      rows,
      selected,
      page: detailHeight - 1,
      state,
      actions,
      suspend: (work) => suspendTerminal(work),
    });
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
          {wide ? <Divider height={body} theme={theme} /> : <Text dimColor={theme.dim("dim")}>{"─".repeat(columns)}</Text>}
          <Detail lines={detail} first={scroll} height={detailHeight} width={detailWidth} theme={theme} />
        </Box>
      )}
      <Footer message={view.message} theme={theme} width={columns} />
    </Box>
  );
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
  return { place: kind === "dev" ? `${ns}/${dev}` : (ns ?? "") };
}

function tabNote(view: View, state: TuiState): string {
  if (view.capture !== undefined) return `capturing ${view.capture}: c stops`;
  if (view.pane === "packets") return `${state.packets.length} packets${view.filter ? ", filtered: f shows all" : ""}`;
  if (view.pane === "changes" && view.drift !== undefined)
    return view.drift.length === 0 ? "the kernel is as the lab file says" : `${view.drift.length} differences: run up again to mend them`;
  if (view.pane === "changes") return `${state.changes.length} operations`;
  return state.lab?.file ?? "";
}

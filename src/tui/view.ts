/** What the screen shows beside the lab's state: panes, selections, what is typed; and what the keys are given. */
import type { PaneName } from "./panes.ts";
import type { Difference, TraceQuestion, TracedPacket, TuiActions } from "./port.ts";
import type { Row } from "./row.ts";
import type { TuiState } from "./state.ts";
import type { TracePort } from "./trace-choice.ts";

export interface TraceView {
  /** `end`: the other end is chosen from a list; `port`: protocol and port; `way`: it was sent. */
  readonly stage: "end" | "port" | "way";
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The list shows what contains this. */
  readonly search: string;
  /** Index in the list. */
  readonly chosen: number;
  readonly ask: TracePort;
  /** What was sent last. */
  readonly question: TraceQuestion | undefined;
  readonly traced: TracedPacket | undefined;
  /** Index of the selected one among the hops that are shown. */
  readonly hop: number;
  /** The selected hop is explained. */
  readonly explain: boolean;
  /** The picture has every step, also those that do not fit into one line. */
  readonly picture: boolean;
}

export interface View {
  readonly pane: PaneName;
  /** Key of the selected row of each pane. */
  readonly selected: Readonly<Partial<Record<PaneName, string>>>;
  /** Open namespaces of the topology. */
  readonly expanded: ReadonlySet<string>;
  /** First line of the detail text. */
  readonly scroll: number;
  readonly help: boolean;
  /** Packets: only those of the selected place or capture. */
  readonly filter: boolean;
  /** The capture that `c` started: its name, and its place in words. */
  readonly capture: { readonly name: string; readonly place: string } | undefined;
  /** Answer of the last `d`: what differs from the lab file now. */
  readonly drift: readonly Difference[] | undefined;
  /** Only rows that contain this, in any case; empty: all. */
  readonly search: string;
  /** Keys are letters of `search` now. */
  readonly typing: boolean;
  /** A packet is followed: it takes the whole screen. */
  readonly trace: TraceView | undefined;
  /** The detail takes the whole width. */
  readonly zoom: boolean;
  /** One line at the bottom: an error or the current activity. */
  readonly message: string;
}

export interface KeyContext {
  readonly view: View;
  readonly update: (change: Partial<View>) => void;
  /** The view now, for what ends later. */
  readonly latest: () => View;
  /** Puts text on the clipboard, where the terminal allows it. */
  readonly copy: (text: string) => void;
  readonly rows: readonly Row[];
  readonly selected: number;
  /** Lines that PgDn scrolls. */
  readonly page: number;
  readonly state: TuiState;
  readonly actions: TuiActions;
  readonly suspend: (work: () => Promise<void>) => Promise<void>;
}

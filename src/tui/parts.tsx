/** The pieces of the screen: header, tabs, list, detail, footer, help. They draw what they are given. */
import { Box } from "ink";
import type { ReactNode } from "react";
import { printable } from "../printable.ts";
import type { Span } from "../report/markdown.ts";
import type { DetailLine } from "./detail.ts";
import { PANES, type PaneName } from "./panes.ts";
import type { Row, Segment } from "./row.ts";
import { countChecks, type TuiState } from "./state.ts";
import { Text } from "./text.tsx";
import type { Theme } from "./theme.ts";

const PHASE_WORD: Record<TuiState["phase"], string> = {
  starting: "reading the lab",
  building: "building",
  "rolling-out": "rolling out",
  checking: "checking",
  up: "up",
  failed: "failed",
  "going-down": "taking down",
  down: "down",
};

export function Header({ state, theme, width }: { state: TuiState; theme: Theme; width: number }): ReactNode {
  const name = state.labName === "" ? "k8snet-lab" : state.labName;
  const status = headerStatus(state);
  const room = width - name.length - status.reduce((sum, part) => sum + part.text.length, 0) - 2;
  const title = state.lab?.title ?? "";
  return (
    <Box width={width} height={1} overflow="hidden">
      <Text wrap="truncate-end">
        <Text bold>{name}</Text>
        <Text dimColor={theme.dim("dim")}>{title === "" || room < 4 ? "" : `  ${shorten(title, room)}`}</Text>
        {status.map(({ text, tone }) => (
          <Text key={text} color={theme.color(tone)} dimColor={theme.dim(tone)}>
            {text}
          </Text>
        ))}
      </Text>
    </Box>
  );
}

/** Must be visible at any width: the title is shortened for it. */
function headerStatus(state: TuiState): readonly Segment[] {
  const counts = countChecks(state);
  const waiting = counts.waiting + counts.running;
  const parts: Segment[] = [
    {
      text: `  ${PHASE_WORD[state.phase]}`,
      tone: state.phase === "failed" ? "bad" : state.phase === "up" && counts.faulty === 0 ? "ok" : "warn",
    },
    { text: state.buildMs === undefined ? "" : `  ${buildNote(state, state.buildMs)}` },
    { text: counts.passed > 0 ? `  ✔ ${counts.passed}` : "", tone: "ok" },
    { text: counts.faulty > 0 ? `  ⚠ ${counts.faulty} broken` : "", tone: "warn" },
    { text: counts.failed > 0 ? `  ✘ ${counts.failed}` : "", tone: "bad" },
    { text: counts.skipped > 0 ? `  − ${counts.skipped}` : "", tone: "warn" },
    { text: waiting > 0 ? `  ${waiting} to go` : "", tone: "dim" },
  ];
  return parts.filter(({ text }) => text !== "");
}

/** A lab that was already up was not built. */
function buildNote(state: TuiState, ms: number): string {
  if (!state.converging) return `built in ${Math.round(ms)} ms`;
  return state.changes.length === 0 ? "unchanged" : `updated in ${Math.round(ms)} ms`;
}

function shorten(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

export function Progress({ state, width, theme }: { state: TuiState; width: number; theme: Theme }): ReactNode {
  const { done, total } = state.progress;
  const label = ` ${done}/${total}`;
  const room = Math.max(4, Math.min(60, width - label.length - 2));
  const filled = total === 0 ? 0 : Math.round((room * done) / total);
  const latest = state.changes.at(-1);
  return (
    <Box width={width} height={1} overflow="hidden">
      <Text wrap="truncate-end">
        <Text color={theme.color("ok")}>{"█".repeat(filled)}</Text>
        <Text dimColor={theme.dim("dim")}>{"░".repeat(room - filled)}</Text>
        {label}
        <Text dimColor={theme.dim("dim")}>{latest === undefined ? "" : `  ${latest.id}`}</Text>
      </Text>
    </Box>
  );
}

export function Tabs({ active, theme, note }: { active: PaneName; theme: Theme; note: string }): ReactNode {
  return (
    <Box height={1} overflow="hidden">
      <Text wrap="truncate-end">
        {PANES.map((pane, index) => (
          <Text key={pane} bold={pane === active} inverse={pane === active}>
            {` ${index + 1} ${pane} `}
          </Text>
        ))}
        <Text dimColor={theme.dim("dim")}>{note === "" ? "" : `  ${note}`}</Text>
      </Text>
    </Box>
  );
}

export interface ListProps {
  readonly rows: readonly Row[];
  readonly first: number;
  readonly height: number;
  readonly width: number;
  readonly selected: number;
  readonly theme: Theme;
  readonly empty: string;
}

export function List({ rows, first, height, width, selected, theme, empty }: ListProps): ReactNode {
  if (rows.length === 0)
    return (
      <Box width={width} height={height}>
        <Text dimColor={theme.dim("dim")}>{empty}</Text>
      </Box>
    );
  return (
    <Box width={width} height={height} flexDirection="column" overflow="hidden">
      {rows.slice(first, first + height).map((row, index) => (
        <RowLine key={row.key} row={row} selected={first + index === selected} theme={theme} />
      ))}
    </Box>
  );
}

function RowLine({ row, selected, theme }: { row: Row; selected: boolean; theme: Theme }): ReactNode {
  const marker = row.expandable === true ? (row.expanded === true ? "▾ " : "▸ ") : "  ";
  return (
    // One colour for the selected row: inverse turns each colour into a block of its own.
    <Text wrap="truncate-end" inverse={selected}>
      {selected ? "›" : " "}
      {"  ".repeat(row.depth)}
      {marker}
      {row.segments.map((segment, index) => (
        <Text
          key={index}
          color={selected ? undefined : theme.color(segment.tone)}
          dimColor={!selected && theme.dim(segment.tone)}
        >
          {printable(segment.text)}
        </Text>
      ))}
    </Text>
  );
}

export interface DetailProps {
  readonly lines: readonly DetailLine[];
  readonly first: number;
  readonly height: number;
  readonly width: number;
  readonly theme: Theme;
}

export function Detail({ lines, first, height, width, theme }: DetailProps): ReactNode {
  const more = lines.length - first - height;
  const shown = lines.slice(first, first + (more > 0 ? height - 1 : height));
  return (
    <Box width={width} height={height} flexDirection="column" overflow="hidden">
      {shown.map((line, index) => (
        <Text
          key={index}
          wrap="truncate-end"
          bold={line.strong === true}
          color={theme.color(line.tone)}
          dimColor={theme.dim(line.tone)}
        >
          {line.spans === undefined ? line.text || " " : <Spans spans={line.spans} theme={theme} />}
        </Text>
      ))}
      {more > 0 ? <Text dimColor={theme.dim("dim")}>{`… ${more + 1} more lines: PgDn`}</Text> : null}
    </Box>
  );
}

function Spans({ spans, theme }: { spans: readonly Span[]; theme: Theme }): ReactNode {
  if (spans.every(({ text }) => text === "")) return " ";
  return spans.map(({ text, style }, index) => (
    <Text
      key={index}
      bold={style === "strong"}
      italic={style === "emphasis"}
      color={style === "code" ? theme.color("name") : undefined}
    >
      {text}
    </Text>
  ));
}

export const KEYS: readonly (readonly [string, string])[] = [
  ["↑ ↓  j k", "select"],
  ["→ ←  Enter", "open and close a namespace; a second click does too"],
  ["1–5  Tab", "topology, checks, packets, changes, lesson"],
  ["PgUp PgDn", "scroll the text on the right (or below)"],
  ["z", "the text alone, for wide pictures; again: both"],
  ["/", "only rows that contain a text; Esc: all"],
  ["r / R", "run the selected check / all checks again"],
  ["c", "capture at the selected place; again: stop"],
  ["s", "a shell in the selected namespace; exit comes back"],
  ["t", "trace: one packet from the selected place, or to the selected Service"],
  ["f", "packets: only those of the selected check or place / all"],
  ["d", "what differs from the lab file in the kernel now"],
  ["m", "repair what differs, and run the checks again"],
  ["?", "this help"],
  ["q", "quit; the lab stays up"],
  ["Q", "quit and take the lab down"],
];

export function Help({ width, height }: { width: number; height: number }): ReactNode {
  return (
    <Box width={width} height={height} flexDirection="column" overflow="hidden">
      <Text bold>Keys</Text>
      {KEYS.map(([keys, what]) => (
        <Text key={keys} wrap="truncate-end">
          {`  ${keys.padEnd(12)}${what}`}
        </Text>
      ))}
    </Box>
  );
}

export const KEYS_IN_SHORT = "r rerun  c capture  s shell  t trace  d diff  m repair  / filter  ? help  q quit";

export interface FooterProps {
  readonly message: string;
  /** The filter as text; empty: no filter. */
  readonly search: string;
  /** Shown when there is nothing else to say. */
  readonly keys: string;
  readonly theme: Theme;
  readonly width: number;
}

export function Footer({ message, search, keys, theme, width }: FooterProps): ReactNode {
  const text = message === "" ? search : message;
  return (
    <Box width={width} height={1} overflow="hidden">
      <Text
        wrap="truncate-end"
        color={text === "" ? undefined : theme.color("warn")}
        dimColor={text === "" && theme.dim("dim")}
      >
        {text === "" ? keys : text}
      </Text>
    </Box>
  );
}

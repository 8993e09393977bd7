/** The pieces of the screen: header, tabs, list, detail, footer, help. They draw what they are given. */
import { Box } from "ink";
import type { ReactNode } from "react";
import { printable } from "../printable.ts";
import type { DetailLine } from "./detail.ts";
import { PANES } from "./panes.ts";
import type { PaneName } from "./panes.ts";
import type { Row } from "./row.ts";
import { countChecks } from "./state.ts";
import type { TuiState } from "./state.ts";
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
  const counts = countChecks(state);
  const waiting = counts.waiting + counts.running;
  return (
    <Box width={width} height={1} overflow="hidden">
      <Text wrap="truncate-end">
        <Text bold>{state.labName === "" ? "k8snet-lab" : state.labName}</Text>
        <Text dimColor={theme.dim("dim")}>{state.lab?.title === undefined ? "" : `  ${state.lab.title}`}</Text>
        {"  "}
        <Text color={theme.color(state.phase === "failed" ? "bad" : state.phase === "up" ? "ok" : "warn")}>
          {PHASE_WORD[state.phase]}
        </Text>
        {state.buildMs === undefined ? "" : `  built in ${Math.round(state.buildMs)} ms`}
        <Text color={theme.color("ok")}>{counts.passed > 0 ? `  ✔ ${counts.passed}` : ""}</Text>
        <Text color={theme.color("bad")}>{counts.failed > 0 ? `  ✘ ${counts.failed}` : ""}</Text>
        <Text color={theme.color("warn")}>{counts.skipped > 0 ? `  − ${counts.skipped}` : ""}</Text>
        <Text dimColor={theme.dim("dim")}>{waiting > 0 ? `  ${waiting} to go` : ""}</Text>
      </Text>
    </Box>
  );
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
    <Text wrap="truncate-end" inverse={selected}>
      {selected ? "›" : " "}
      {"  ".repeat(row.depth)}
      {marker}
      {row.segments.map((segment, index) => (
        <Text key={index} color={theme.color(segment.tone)} dimColor={theme.dim(segment.tone)}>
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
          {line.text === "" ? " " : line.text}
        </Text>
      ))}
      {more > 0 ? <Text dimColor={theme.dim("dim")}>{`… ${more + 1} more lines: PgDn`}</Text> : null}
    </Box>
  );
}

export const KEYS: readonly (readonly [string, string])[] = [
  ["↑ ↓  j k", "select"],
  ["→ ←  Enter", "open and close a namespace"],
  ["1–4  Tab", "topology, checks, packets, changes"],
  ["PgUp PgDn", "scroll the text on the right (or below)"],
  ["r / R", "run the selected check / all checks again"],
  ["c", "capture at the selected place; again: stop"],
  ["s", "a shell in the selected namespace; exit comes back"],
  ["f", "packets: only those of the selected check or place / all"],
  ["d", "what differs from the lab file in the kernel now"],
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

export function Footer({ message, theme, width }: { message: string; theme: Theme; width: number }): ReactNode {
  return (
    <Box width={width} height={1} overflow="hidden">
      <Text
        wrap="truncate-end"
        color={message === "" ? undefined : theme.color("warn")}
        dimColor={message === "" && theme.dim("dim")}
      >
        {message === "" ? "r rerun  R all  c capture  s shell  d changes  ? help  q quit  Q quit+down" : message}
      </Text>
    </Box>
  );
}

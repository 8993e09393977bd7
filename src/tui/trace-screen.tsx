/** The screen while a packet is followed: the choice of its ends, then its hops, its picture and the verdict. */
import { Box } from "ink";
import { useRef, type ReactNode } from "react";
import type { Lab } from "../lab/lab.ts";
import type { Target } from "../net/target.ts";
import { compactHops } from "../story/compact.ts";
import type { Blueprint } from "./blueprint.ts";
import type { DetailLine } from "./detail.ts";
import { Detail, List } from "./parts.tsx";
import { TRACE_PROTOCOLS } from "./port.ts";
import type { Row } from "./row.ts";
import { Text } from "./text.tsx";
import type { Theme } from "./theme.ts";
import { traceEnds } from "./trace-choice.ts";
import { listedEnds, questionText } from "./trace-keys.ts";
import { hopLines, traceSummary, traceTable } from "./trace-lines.ts";
import type { TraceView, View } from "./view.ts";
import { windowStart, wrapLines } from "./wrap.ts";

export interface TraceScreenProps {
  readonly trace: TraceView;
  readonly view: View;
  readonly lab: Lab;
  readonly targets: readonly Target[];
  readonly blueprint: Blueprint | undefined;
  readonly theme: Theme;
  readonly width: number;
  readonly height: number;
}

/** The line above the body. */
export function traceTitle({ stage, from, to, question, traced }: TraceView, { capture }: View): string {
  if (stage !== "way" || question === undefined) return ` trace  ${from ?? "from …"} → ${to ?? "…"}`;
  const note = capture === undefined ? traced?.story.verdict.packet : `recording ${capture.place}: c stops`;
  return ` trace  ${questionText(question)}  ${note ?? ""}`;
}

export function traceKeys({ stage, from }: TraceView): string {
  if (stage === "end")
    return `${from === undefined ? "from where?" : "to where?"}  letters filter  ↑↓ Enter choose  Esc back`;
  if (stage === "port") return "←→ protocol  digits, ↑↓ port  Enter sends  Esc back";
  return "↑↓ hop  e explain  f fix  v picture  c capture  r reverse  t again  y copy  Esc";
}

export function TraceScreen(props: TraceScreenProps): ReactNode {
  const { trace } = props;
  if (trace.stage === "end") return <EndList {...props} />;
  if (trace.stage === "port") return <PortForm {...props} />;
  return <Way {...props} />;
}

function EndList({ trace, lab, targets, theme, width, height }: TraceScreenProps): ReactNode {
  const first = useRef(0);
  const ends = listedEnds(trace, traceEnds(lab, targets));
  const rows = ends.map(({ text, ports }): Row => ({
    key: text,
    depth: 0,
    segments: [
      { text, tone: "name" },
      { text: ports.map(({ protocol, port }) => `  ${protocol} ${port}`).join(""), tone: "dim" },
    ],
  }));
  first.current = windowStart(rows.length, height - 1, trace.chosen, first.current);
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Text wrap="truncate-end">{` ${trace.from === undefined ? "from" : "to"}: ${trace.search}▏`}</Text>
      <List
        rows={rows}
        first={first.current}
        height={height - 1}
        width={width}
        selected={trace.chosen}
        theme={theme}
        empty={`nothing here is called "${trace.search}"`}
      />
    </Box>
  );
}

function PortForm({ trace, lab, targets, theme, width, height }: TraceScreenProps): ReactNode {
  const { ask, to } = trace;
  const declared = traceEnds(lab, targets).find(({ text }) => text === to)?.ports ?? [];
  const protocols = TRACE_PROTOCOLS.map((one) => (one === ask.protocol ? `[${one}]` : ` ${one} `)).join(" ");
  const lines: DetailLine[] = [
    { text: `protocol  ${protocols}` },
    { text: ask.protocol === "icmp" ? "port       none" : `port       ${ask.port === 0 ? "" : ask.port}▏` },
    { text: "" },
    {
      text:
        declared.length === 0
          ? `${to ?? ""} declares no port`
          : `${to ?? ""} declares ${declared.map(({ protocol, port }) => `${protocol} ${port}`).join(", ")}`,
      tone: "dim",
    },
  ];
  return <Detail lines={lines} first={0} height={height} width={width} theme={theme} />;
}

function Way({ trace, view, blueprint, theme, width, height }: TraceScreenProps): ReactNode {
  const start = useRef(0);
  const story = trace.traced?.story;
  if (story === undefined)
    return <Detail lines={[{ text: " t sends it, Esc goes back", tone: "dim" }]} first={0} height={height} width={width} theme={theme} />; // prettier-ignore
  const shown = compactHops(story);
  const { heading, rows, selected } = traceTable(shown, trace.hop, width);
  const hop = shown[trace.hop];
  const below = wrapLines(
    trace.explain && hop !== undefined
      ? [...hopLines(hop, story, blueprint)]
      : [...traceSummary(story, width, trace.picture)],
    width,
  );
  const most = Math.max(2, Math.floor((height - 2) * (trace.explain || trace.picture ? 0.6 : 0.45)));
  const lower = Math.min(below.length, most);
  const upper = Math.max(1, height - 2 - lower);
  const [top, bottom] = selected;
  start.current = windowStart(rows.length, upper, top, windowStart(rows.length, upper, bottom, start.current));
  const scroll = Math.max(0, Math.min(view.scroll, below.length - lower));
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Text wrap="truncate-end" dimColor={theme.dim("dim")}>
        {heading}
      </Text>
      <List rows={rows} first={start.current} height={upper} width={width} selected={top} theme={theme} empty="" />
      <Text dimColor={theme.dim("dim")}>{"─".repeat(width)}</Text>
      <Detail lines={below} first={scroll} height={lower} width={width} theme={theme} />
    </Box>
  );
}

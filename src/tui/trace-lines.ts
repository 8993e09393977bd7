/** A followed packet as lines of the screen: its hops as a table, the picture of its way, the verdict, and one hop explained. */
import { checkLesson } from "../checks/registry.ts";
import { formatNamespace } from "../net/place.ts";
import { printable } from "../printable.ts";
import { verdictLines } from "../report/story-lines.ts";
import type { ShownHop } from "../story/compact.ts";
import type { HopKind, PacketStory } from "../story/packet-story.ts";
import { deviceOf, pictureOf, picturePlaces, type PictureStep } from "../story/picture.ts";
import type { Blueprint } from "./blueprint.ts";
import type { DetailLine } from "./detail.ts";
import { deviceLesson, HOP_LESSONS } from "./lessons.ts";
import type { Row, Segment, Tone } from "./row.ts";
import { wrapLines } from "./wrap.ts";

/** Columns that the list puts before each line. */
const MARGIN = 3;
/** Columns of text from which addresses have a column of their own, and each hop shows its cause. */
const WIDE = 105;
const PLACE = 18;
const DEVICE = 22;
const TIME = 6;

export interface TraceTable {
  readonly heading: string;
  readonly rows: readonly Row[];
  /** First and last row of the selected hop. */
  readonly selected: readonly [first: number, last: number];
}

function cut(text: string, width: number): string {
  const plain = printable(text);
  return plain.length > width ? `${plain.slice(0, Math.max(0, width - 1))}…` : plain.padEnd(width);
}

interface Columns {
  readonly place: number;
  readonly at: number;
  readonly what: number;
  /** 0: none. */
  readonly packet: number;
}

function columnsFor(hops: readonly ShownHop[], width: number): Columns {
  const longest = (texts: readonly string[], most: number): number =>
    Math.min(most, Math.max(6, ...texts.map((text) => text.length)));
  const place = longest(
    hops.map(({ ns }) => formatNamespace(ns)),
    width < WIDE ? 12 : PLACE,
  );
  const at = longest(
    hops.map((hop) => hop.at),
    width < WIDE ? 16 : DEVICE,
  );
  const packet = width < WIDE ? 0 : longest(hops.flatMap((hop) => hop.packet ?? []), 44); // prettier-ignore
  const fixed = MARGIN + 4 + place + 2 + at + 2 + (packet === 0 ? 0 : packet + 2) + TIME;
  return { place, at, packet, what: Math.max(10, width - fixed) };
}

export function traceTable(hops: readonly ShownHop[], hop: number, width: number): TraceTable {
  const columns = columnsFor(hops, width);
  const rows: Row[] = [];
  let selected: readonly [number, number] = [0, 0];
  for (const [i, one] of hops.entries()) {
    if (one.way === "back" && hops[i - 1]?.way !== "back")
      rows.push({ key: "back", depth: 0, segments: [{ text: "The way back", tone: "name" }] });
    const own = hopRows(one, hops[i - 1], columns, { selected: i === hop, width });
    if (i === hop) selected = [rows.length, rows.length + own.length - 1];
    rows.push(...own);
  }
  const { place, at, what, packet } = columns;
  const heading = `${" ".repeat(MARGIN)}${"#".padStart(2)}  ${"place".padEnd(place)}  ${"device".padEnd(at)}  ${"what happens".padEnd(what)}${packet === 0 ? "" : `  ${"addresses".padEnd(packet)}`}${"ms".padStart(TIME)}`;
  return { heading: heading.slice(0, width), rows, selected };
}

function hopRows(
  hop: ShownHop,
  before: ShownHop | undefined,
  columns: Columns,
  { selected, width }: { readonly selected: boolean; readonly width: number },
): readonly Row[] {
  const { number, ns, at, what, packet, ms, cause, differs, lost } = hop;
  const bad = differs !== undefined || lost === true;
  const moved = packet !== undefined && packet !== before?.packet;
  const room = width - MARGIN - 4;
  const [first = "", ...more] = selected ? wrapLines([{ text: what }], columns.what).map(({ text }) => text) : [brief(hop)]; // prettier-ignore
  const head: Segment[] = [
    { text: `${String(number).padStart(2)}  `, tone: bad ? "bad" : "dim" },
    { text: `${cut(formatNamespace(ns), columns.place)}  `, tone: "name" },
    { text: `${cut(at, columns.at)}  ` },
    { text: cut(first, columns.what), tone: bad ? "bad" : undefined },
    { text: columns.packet === 0 ? "" : `  ${cut(moved ? packet : "", columns.packet)}`, tone: "address" },
    { text: (ms === undefined ? "" : ms.toFixed(2)).padStart(TIME), tone: "dim" },
  ];
  const rows: Row[] = [{ key: `hop:${number}`, depth: 0, segments: head }];
  const under = (text: string, tone: Tone, indent = 4): void => {
    for (const { text: line } of wrapLines([{ text }], room))
      rows.push({
        key: `hop:${number}:${rows.length}`,
        depth: 0,
        segments: [{ text: " ".repeat(indent) + line, tone }],
      });
  };
  for (const text of more) under(text, "plain", 4 + columns.place + 2 + columns.at + 2);
  if (selected && moved && columns.packet === 0) under(packet, "address");
  if (cause !== undefined && (selected || (columns.packet > 0 && isOfLab(cause, hop.kind)))) under(`└ why: ${cause}`, "dim"); // prettier-ignore
  for (const text of differs ?? []) under(`└ ✘ differs from the lab: ${text}${selected ? "   f fixes it" : ""}`, "bad");
  if (lost === true) under("└ ✘ lost: nothing was seen of it after this", "bad");
  return rows;
}

/** For a line that is cut: what rules do comes before the chains that lead there. */
function brief({ kind, what }: ShownHop): string {
  const [chains, effect] = what.split("; ");
  return kind === "netfilter" && effect !== undefined ? `${effect}; ${chains}` : what;
}

/** It says more than the line itself. */
function isOfLab(cause: string, kind: HopKind): boolean {
  return kind !== "device" && !cause.startsWith("the kernel");
}

const ARROW = " ─▶ ";
const MARK = { ok: "✔", differs: "✘", lost: "✘ lost" } as const;

/** The way in pairs of lines, the marks below their steps. By places where steps do not fit into one pair, unless the `whole` is asked for. */
export function pictureLines(story: PacketStory, width: number, whole = false): readonly DetailLine[] {
  const all = pictureOf(story);
  const steps = whole || textWidth(all) <= width - 2 ? all : picturePlaces(story);
  const tone = steps.some(({ mark }) => mark !== "ok") ? "bad" : "ok";
  const lines: DetailLine[] = [];
  let line = "";
  let marks = "";
  const put = (): void => {
    lines.push({ text: `  ${line}`, fixed: true }, { text: `  ${marks}`, tone, fixed: true });
  };
  for (const [i, { label, mark }] of steps.entries()) {
    const step = `${i > 0 ? ARROW : ""}${printable(label)}`;
    if (line !== "" && line.length + step.length + MARK.lost.length > width - 2) {
      put();
      line = "";
      marks = "";
    }
    const middle = line.length + step.length - Math.ceil(label.length / 2);
    line += step;
    marks = marks.padEnd(middle) + MARK[mark];
  }
  put();
  return lines;
}

function textWidth(steps: readonly PictureStep[]): number {
  return steps.reduce((sum, { label }) => sum + label.length + ARROW.length, 0);
}

/** The picture, with each of its steps or as it fits, and the verdict. */
export function traceSummary(story: PacketStory, width: number, whole = false): readonly DetailLine[] {
  const wrong = story.firstWrong !== undefined || story.result.outcome !== "open";
  return [
    ...pictureLines(story, width, whole),
    ...verdictLines(story).map(({ label, text }): DetailLine => {
      const tone = label === "packet says" ? (wrong ? "bad" : "ok") : label === "first wrong" ? "bad" : undefined;
      return { text: `${label.padEnd(17)}${text}`, tone };
    }),
  ];
}

/** One hop with all that is known of it. */
export function hopLines(hop: ShownHop, story: PacketStory, blueprint: Blueprint | undefined): readonly DetailLine[] {
  const { number, ns, at, kind, what, packet, why, cause, differs, ids, lost } = hop;
  const device = blueprint?.namespaces
    .find((view) => view.ns === ns)
    ?.devices.find(({ name }) => kind === "device" && name === deviceOf(at));
  const texts = [HOP_LESSONS[kind], device === undefined ? "" : deviceLesson(device), kind === "socket" ? checkLesson(story.probe.kind) : ""]; // prettier-ignore
  return [
    { text: `hop ${number}: ${formatNamespace(ns)}, ${at}`, strong: true },
    ...what.split("; ").map((text): DetailLine => ({ text })),
    ...(packet === undefined ? [] : [{ text: packet, tone: "address" as const }]),
    ...(why === undefined ? [] : why.split("; ").map((text): DetailLine => ({ text }))),
    ...(cause === undefined ? [] : [{ text: `because of ${cause}` }]),
    ...(differs ?? []).map((text): DetailLine => ({ text: `differs from the lab: ${text}`, tone: "bad" })),
    ...(ids ?? []).map((id): DetailLine => ({ text: `f repairs ${id}`, tone: "dim" })),
    ...(lost === true ? [{ text: "nothing was seen of it after this", tone: "bad" as const }] : []),
    { text: "" },
    { text: "What it is", strong: true },
    ...texts.filter((text) => text !== "").map((text): DetailLine => ({ text })),
  ];
}

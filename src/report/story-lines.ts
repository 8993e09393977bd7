/** A packet's story as lines of a terminal: hop by hop, and the verdict. */
import { formatNamespace } from "../net/place.ts";
import { printable } from "../printable.ts";
import { compactHops } from "../story/compact.ts";
import type { ShownHop } from "../story/compact.ts";
import type { Hop, PacketStory } from "../story/packet-story.ts";
import type { Paint } from "./color.ts";
import { wrapText } from "./wording.ts";

/** Hops about which the lab file has nothing to say that their own line does not. */
const WITHOUT_CAUSE: ReadonlySet<Hop["kind"]> = new Set(["device", "conntrack"]);
const LABEL = 18;
const INDENT = " ".repeat(6);

export interface StoryStyle {
  readonly color: Paint;
  readonly width: number;
  /** Every hop, and the whole way back. */
  readonly all: boolean;
}

function hopLines(
  hop: ShownHop,
  before: ShownHop | undefined,
  columns: { readonly place: number; readonly at: number },
  { color, width, all }: StoryStyle,
): readonly string[] {
  const { why, ns, at, what, packet, ms, cause, differs, lost, kind, number } = hop;
  const time = ms === undefined ? "" : ms.toFixed(2);
  const head = `${String(number).padStart(3)}  ${printable(formatNamespace(ns).padEnd(columns.place))}  ${printable(at.padEnd(columns.at))}  `;
  const [first = "", ...rest] = wrapText(printable(what), Math.max(width - head.length - 8, 30));
  const gap = " ".repeat(Math.max(1, width - head.length - first.length - time.length));
  const hang = " ".repeat(head.length);
  const lines = [
    `${head}${first}${time === "" ? "" : gap}${color.gray(time)}`,
    ...rest.map((text) => `${hang}${text}`),
  ];
  if (packet !== undefined && packet !== before?.packet) lines.push(color.cyan(`${hang}${printable(packet)}`));
  if (all && why !== undefined && why !== "")
    for (const text of wrapText(printable(why), Math.max(width - hang.length, 30))) lines.push(color.gray(hang + text));
  if (cause !== undefined && !WITHOUT_CAUSE.has(kind) && !cause.startsWith("the kernel"))
    lines.push(color.gray(`${INDENT}└ ${printable(cause)}`));
  for (const text of differs ?? []) lines.push(color.red(`${INDENT}└ ✘ differs from the lab: ${printable(text)}`));
  if (lost === true) lines.push(color.red(`${INDENT}└ ✘ lost: nothing was seen of it after this`));
  return lines;
}

/** `back by node2, node1: 0.07 ms`, where nothing is wrong on it. */
function backSummary(back: readonly Hop[]): string {
  const places = [...new Set(back.map(({ ns }) => formatNamespace(ns)))];
  const end = back.findLast(({ ms }) => ms !== undefined)?.ms;
  return `The way back: ${places.join(", ")}${end === undefined ? "" : `; there after ${end.toFixed(2)} ms`} (--reply shows it)`;
}

export function storyLines(story: PacketStory, style: StoryStyle): readonly string[] {
  const { color, width, all } = style;
  const { title } = story;
  const shown = all ? story.hops.map((hop, i): ShownHop => ({ ...hop, number: i + 1 })) : compactHops(story);
  const isWrong = ({ way, differs, lost }: Hop): boolean => way === "back" && (differs !== undefined || lost === true);
  const withBack = all || shown.some(isWrong);
  const listed = shown.filter(({ way }) => way === "there" || withBack);
  const longest = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length), 0);
  const columns = {
    place: longest(listed.map(({ ns }) => formatNamespace(ns))),
    at: longest(listed.map(({ at }) => at)),
  };
  const lines: string[] = [color.bold(printable(title))];
  let before: ShownHop | undefined;
  for (const hop of listed) {
    if (hop.way === "back" && before?.way === "there") lines.push("", color.bold("The way back"));
    lines.push(...hopLines(hop, before, columns, style));
    before = hop.packet === undefined && before !== undefined ? { ...hop, packet: before.packet } : hop;
  }
  const back = shown.filter(({ way }) => way === "back");
  if (!withBack && back.length > 0) lines.push("", printable(backSummary(back)));
  lines.push("");
  for (const { label, text } of verdictLines(story))
    for (const [i, row] of wrapText(printable(text), Math.max(width - LABEL, 40)).entries())
      lines.push(`${i === 0 ? color.cyan(label.padEnd(LABEL)) : " ".repeat(LABEL)}${row}`);
  return lines;
}

export interface VerdictLine {
  readonly label: string;
  readonly text: string;
}

/** The verdict, a line each; labels in the order in which they are read. */
export function verdictLines({ verdict, firstWrong, hops, unseen }: PacketStory): readonly VerdictLine[] {
  const wrong = firstWrong === undefined ? undefined : hops[firstWrong];
  const first =
    wrong === undefined
      ? undefined
      : `hop ${(firstWrong ?? 0) + 1}, ${formatNamespace(wrong.ns)}, ${wrong.at}: ${(wrong.differs ?? []).join("; ")}`;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["Kubernetes says", verdict.kubernetes],
    ["rules say", verdict.rules],
    ["packet says", verdict.packet],
    ["dropped by", verdict.dropped],
    ["drop reason", verdict.reason],
    ["last seen", verdict.lastSeen],
    ...(verdict.counters ?? []).map((text) => ["counted", text] as const),
    ["first wrong", first],
    ...verdict.elsewhere.map((text) => ["also differs", text] as const),
    ...verdict.foreign.map((text) => ["not of this lab", text] as const),
    ...unseen.map((text) => ["not seen", text] as const),
  ];
  return lines.flatMap(([label, text]) => (text === undefined ? [] : [{ label, text }]));
}

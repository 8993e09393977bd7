/** The details of the selected row: its cause, the commands that made it, what it is for. */
import { formatCause, formatSource } from "../cause.ts";
import type { Difference } from "./port.ts";
import type { CheckResult } from "../events.ts";
import type { DeviceEnd } from "../resources/definition.ts";
import { devicesOf, encodeCommand } from "../resources/definitions.ts";
import { peerText } from "../resources/link-settings.ts";
import type { Operation } from "../resources/operation.ts";
import { netnsName } from "../net/netns-name.ts";
import { printableLines } from "../printable.ts";
import { layoutMarkdown, markdownText, type Span } from "../report/markdown.ts";
import type { DeviceView } from "../resources/lab-view.ts";
import type { Blueprint } from "./blueprint.ts";
import { resultLesson, deviceLesson, roleLesson } from "./lessons.ts";
import { networkPlugin } from "../cluster/cni/registry.ts";
import { objectDetail } from "./objects.ts";
import { clock } from "./panes.ts";
import type { Tone } from "./row.ts";
import type { TuiState } from "./state.ts";

export interface DetailLine {
  readonly text: string;
  readonly tone?: Tone | undefined;
  /** A heading. */
  readonly strong?: boolean | undefined;
  /** Parts of `text` with styles of their own. */
  readonly spans?: readonly Span[] | undefined;
  /** Already laid out: never wrapped, only cut. */
  readonly fixed?: boolean | undefined;
}

export interface DetailSubject {
  readonly state: TuiState;
  readonly blueprint: Blueprint | undefined;
  /** What differs from the lab file, if requested. */
  readonly drift: readonly Difference[] | undefined;
  /** Columns for the text. */
  readonly width: number;
}

const TUNNELS_SHOWN = 8;
const COMMANDS_SHOWN = 20;

/** The detail of the row with this key; without a key the lesson. */
export function detailLines(subject: DetailSubject, key: string | undefined): DetailLine[] {
  const { state, blueprint } = subject;
  if (key === undefined) return lessonLines(state, subject.width);
  const kind = key.slice(0, key.indexOf(":"));
  const rest = key.slice(kind.length + 1);
  if (kind === "ns" && blueprint !== undefined) return namespaceDetail(state, blueprint, rest);
  if (kind === "dev" && blueprint !== undefined) return deviceDetail(state, blueprint, rest);
  if (kind === "check") return checkDetail(state, rest, subject.width);
  if (kind === "change") return changeDetail(state, rest);
  if (kind === "drift") return differenceDetail(subject.drift?.[Number(rest)]);
  if (kind === "packet") return packetDetail(state, Number(rest.slice(0, rest.indexOf(":"))));
  const object =
    state.lab !== undefined && (kind === "svc" || kind === "policy") ? objectDetail(state.lab, key) : undefined;
  return object ?? lessonLines(state, subject.width);
}

function lessonLines(state: TuiState, width: number): DetailLine[] {
  const lines: DetailLine[] = [];
  if (state.lab?.title !== undefined) lines.push({ text: state.lab.title, strong: true }, { text: "" });
  for (const note of state.notes) lines.push({ text: note.text, tone: note.level === "info" ? "dim" : "warn" });
  if (state.notes.length > 0) lines.push({ text: "" });
  lines.push(...markdown(state.lab?.description ?? "this lab has no description", width));
  return lines;
}

function markdown(text: string, width: number): DetailLine[] {
  return layoutMarkdown(printableLines(text), width).map((line) => ({
    text: markdownText(line),
    spans: line.spans,
    strong: line.kind === "heading",
    tone: line.kind === "code" ? ("address" as const) : undefined,
    fixed: true,
  }));
}

function differenceDetail(difference: Difference | undefined): DetailLine[] {
  if (difference === undefined) return [];
  return [
    { text: difference.what, strong: true },
    { text: difference.reason ?? "", tone: "bad" },
    ...(difference.cause === undefined ? [] : [{ text: `because of ${difference.cause}` }]),
    { text: "" },
    { text: difference.isForeign === true ? "Removed by" : "Repaired by", strong: true },
    { text: difference.command },
    { text: "" },
    {
      text:
        difference.isForeign === true
          ? "m leaves it alone: it does not belong to this lab"
          : "m repairs everything that differs and runs the checks again",
      tone: "dim",
    },
  ];
}

function packetDetail(state: TuiState, index: number): DetailLine[] {
  const packet = state.packets[index];
  if (packet === undefined) return [];
  return [
    { text: packet.place, strong: true },
    { text: `${clock(packet.time)} UTC`, tone: "dim" },
    { text: "" },
    { text: packet.text },
  ];
}

function namespaceDetail(state: TuiState, blueprint: Blueprint, ns: string): DetailLine[] {
  const view = blueprint.namespaces.find((known) => known.ns === ns);
  if (view === undefined) return [];
  const operations = blueprint.operations.get(ns) ?? [];
  return [
    { text: view.title, strong: true },
    { text: `ip netns exec ${netnsName(state.labName, view.resource)} …`, tone: "dim" },
    { text: `because of ${formatCause(view.resource.cause)}` },
    ...lesson(roleLesson(view.role)),
    ...networkLessons(state, view.ns).flatMap(lesson),
    ...commands(state.labName, operations),
  ];
}

/** What the network plugin of a node's cluster does there. */
function networkLessons({ lab }: TuiState, ns: string): readonly string[] {
  const cluster = lab?.clusters.find(({ nodes }) => nodes.some(({ name }) => name === ns));
  return cluster === undefined ? [] : [networkPlugin(cluster).lesson];
}

function deviceDetail(state: TuiState, blueprint: Blueprint, key: string): DetailLine[] {
  const device = blueprint.namespaces
    .flatMap((view) => view.devices)
    .find((known) => `${known.ns}:${known.name}` === key);
  if (device === undefined) return [];
  const operations = (blueprint.operations.get(device.ns) ?? []).filter((operation) => touches(operation, device));
  return [
    { text: `${device.name} (${device.kind})`, strong: true },
    ...(device.addresses.length > 0 ? [{ text: device.addresses.join(" "), tone: "address" as const }] : []),
    ...tunnelLines(blueprint, device),
    { text: `because of ${formatCause(device.resource.cause)}` },
    ...lesson(deviceLesson(device)),
    ...commands(state.labName, operations),
  ];
}

/** Where its tunnels end, as far as ends know of each other. */
function tunnelLines({ tunnels }: Blueprint, { ns, name }: DeviceView): readonly DetailLine[] {
  const far = tunnels.flatMap(([one, other]) => {
    const isAt = (end: DeviceEnd): boolean => end.ns === ns && end.device === name;
    return isAt(one) ? [other] : isAt(other) ? [one] : [];
  });
  if (far.length === 0) return [];
  const shown = far.slice(0, TUNNELS_SHOWN).map(({ ns: at, device }) => peerText({ ns: at, name: device }));
  const more = far.length > TUNNELS_SHOWN ? ` and ${far.length - TUNNELS_SHOWN} more` : "";
  return [{ text: `tunnels to ${shown.join(", ")}${more}` }];
}

function touches(operation: Operation, device: DeviceView): boolean {
  const { resource } = operation;
  const made = devicesOf(resource);
  if (made.length > 0) return made.some(({ ns, name }) => ns === device.ns && name === device.name);
  return "dev" in resource && resource.dev === device.name;
}

function lesson(text: string): DetailLine[] {
  return [{ text: "" }, { text: "What it is", strong: true }, { text }];
}

function commands(lab: string, operations: readonly Operation[]): DetailLine[] {
  if (operations.length === 0) return [];
  const lines: DetailLine[] = [{ text: "" }, { text: "Made by", strong: true }];
  for (const operation of operations.slice(0, COMMANDS_SHOWN)) {
    lines.push({ text: `# ${formatCause(operation.cause)}`, tone: "dim" });
    for (const text of encodeCommand(lab, operation).split("\n")) lines.push({ text });
  }
  if (operations.length > COMMANDS_SHOWN)
    lines.push({ text: `… and ${operations.length - COMMANDS_SHOWN} more: k8snet-lab plan --script`, tone: "dim" });
  return lines;
}

function checkDetail(state: TuiState, name: string, width: number): DetailLine[] {
  const view = state.checks.find((known) => known.name === name);
  const spec = state.lab?.checks.find((known) => known.name === name);
  if (view === undefined) return [];
  const lines: DetailLine[] = [{ text: name, strong: true }];
  if (spec !== undefined) lines.push({ text: `${formatSource(spec.source)}  ${spec.kind}`, tone: "dim" });
  if (view.status === "running" && view.lastAttempt !== undefined)
    lines.push({ text: `attempt ${view.attempts}: ${view.lastAttempt.label}: ${view.lastAttempt.got}`, tone: "warn" });
  for (const result of view.results) lines.push(...resultLines(result));
  const failed = view.results.some(({ status }) => status === "failed");
  // Until it is known how the check ends, the lab's explanation would give the answer away.
  if (spec?.explain !== undefined && view.results.length > 0)
    lines.push(
      { text: "" },
      { text: failed ? "Expected because" : "Why", strong: true },
      ...markdown(spec.explain, width),
    );
  lines.push(...lesson(resultLesson(view.kind)));
  return lines;
}

function resultLines(result: CheckResult): DetailLine[] {
  const tone = { passed: "ok", failed: "bad", skipped: "warn" } as const;
  const meant = result.expectedToFail && result.status === "passed";
  const missed = result.expectedToFail && result.status === "failed";
  const verdict = meant
    ? "failed, as it is broken on purpose,"
    : missed
      ? "should have failed, and did not,"
      : result.status;
  const lines: DetailLine[] = [
    { text: "" },
    {
      text: `${verdict}${result.family === undefined ? "" : ` (${result.family})`} after ${Math.round(result.ms)} ms`,
      tone: meant ? "warn" : tone[result.status],
    },
    { text: `expected  ${result.expected}` },
    { text: `got       ${result.got}` },
  ];
  if (result.reason !== undefined) lines.push({ text: `skipped   ${result.reason}`, tone: "warn" });
  if (result.differs !== undefined) lines.push({ text: `differs   ${result.differs}`, tone: "bad" });
  if (result.dropped !== undefined) lines.push({ text: `dropped by ${result.dropped}`, tone: "bad" });
  if (result.lastSeen !== undefined) lines.push({ text: `last seen ${result.lastSeen}`, tone: "bad" });
  if (result.reproduce !== undefined) lines.push({ text: `try       ${result.reproduce}`, tone: "dim" });
  if (result.matrix !== undefined) for (const text of result.matrix.split("\n")) lines.push({ text });
  for (const attempt of result.attempts)
    lines.push({ text: `${attempt.ok ? "✔" : "✘"} ${attempt.label}: ${attempt.got}`, tone: attempt.ok ? "ok" : "bad" });
  for (const seen of result.sightings ?? [])
    lines.push({
      text: `  ${seen.forward ? "→" : "←"} ${seen.ns}/${seen.iface} ${seen.direction}  ${seen.packet}`,
      tone: "dim",
    });
  return lines;
}

function changeDetail(state: TuiState, id: string): DetailLine[] {
  const change = state.changes.find((known) => known.id === id);
  if (change === undefined) return [];
  const lines: DetailLine[] = [
    { text: change.id, strong: true },
    { text: `on ${change.node}: ${change.status}`, tone: change.status === "failed" ? "bad" : "dim" },
    { text: `because of ${formatCause(change.cause)}` },
  ];
  if (change.reason !== undefined) lines.push({ text: change.reason, tone: "warn" });
  if (change.failure !== undefined)
    lines.push({ text: "" }, { text: change.failure.command }, { text: change.failure.stderr, tone: "bad" });
  return lines;
}

/** What the keys do while a packet is followed: its ends are chosen, its port, then its hops are stepped through. */
import type { Key } from "ink";
import { formatNamespace } from "../net/place.ts";
import { compactHops, type ShownHop } from "../story/compact.ts";
import { deviceOf } from "../story/picture.ts";
import type { Lab } from "../lab/lab.ts";
import { act, selectedPlace, startCapture, stopCapture, targetAt } from "./act.ts";
import { serviceAt } from "./objects.ts";
import { TRACE_PROTOCOLS, type TraceQuestion } from "./port.ts";
import { filterEnds, guessPort, traceEnds, type TraceEnd, type TracePort } from "./trace-choice.ts";
import type { KeyContext, TraceView } from "./view.ts";

/** From the selected place, or to the selected Service. */
export function startTrace(context: KeyContext): void {
  const { state, update } = context;
  const { lab } = state;
  if (lab === undefined) return update({ message: "the lab is not built yet" });
  const service = serviceAt(lab, context.rows[context.selected]?.key ?? "");
  const place = selectedPlace(context);
  const from = place === undefined || service !== undefined ? undefined : targetAt(context, place.ns)?.text;
  if (from === undefined && service === undefined)
    return update({ message: "select a pod, node or Service in the topology first (1), then press t" });
  const to = service;
  const ask = guessPort(endsOf(context, lab).find(({ text }) => text === to));
  const trace: TraceView = { stage: "end", from, to, search: "", chosen: 0, ask, question: undefined, traced: undefined, hop: 0, explain: false, picture: false }; // prettier-ignore
  update({ trace, scroll: 0 });
}

function endsOf({ actions }: KeyContext, lab: Lab): readonly TraceEnd[] {
  return traceEnds(lab, actions.targets());
}

/** What the list shows: destinations for a known sender, senders for a known Service. */
export function listedEnds(trace: TraceView, ends: readonly TraceEnd[]): readonly TraceEnd[] {
  const { from, search } = trace;
  return filterEnds(from === undefined ? ends.filter(({ isService }) => !isService) : ends, search).filter(
    ({ text }) => text !== from,
  );
}

export function traceKey(input: string, key: Key, context: KeyContext, trace: TraceView): void {
  if (trace.stage === "way") return wayKey(input, key, context, trace);
  const { lab } = context.state;
  if (lab === undefined) return;
  const ends = endsOf(context, lab);
  if (trace.stage === "port") return portKey(input, key, context, { trace, ends });
  const put = (change: Partial<TraceView>): void => context.update({ trace: { ...trace, ...change } });
  const listed = listedEnds(trace, ends);
  if (key.escape) return context.update({ trace: undefined });
  if (key.upArrow) return put({ chosen: Math.max(0, trace.chosen - 1) });
  if (key.downArrow) return put({ chosen: Math.max(0, Math.min(trace.chosen + 1, listed.length - 1)) });
  if (key.backspace || key.delete) return put({ search: trace.search.slice(0, -1), chosen: 0 });
  if (key.return) {
    const end = listed[trace.chosen];
    if (end === undefined) return;
    if (trace.from === undefined) return put({ stage: "port", from: end.text });
    return put({ stage: "port", to: end.text, ask: guessPort(end) });
  }
  if (isLetter(input, key)) put({ search: trace.search + input, chosen: 0 });
}

function isLetter(input: string, key: Key): boolean {
  return !key.ctrl && !key.meta && /^[^\p{C}]$/u.test(input);
}

const MOST = 65_535;

function portKey(
  input: string,
  key: Key,
  context: KeyContext,
  { trace, ends }: { readonly trace: TraceView; readonly ends: readonly TraceEnd[] },
): void {
  const { ask } = trace;
  const put = (change: Partial<TracePort>): void => context.update({ trace: { ...trace, ask: { ...ask, ...change } } });
  if (key.escape) return context.update({ trace: { ...trace, stage: "end" } });
  if (key.return) return send(context, trace);
  const turn = key.leftArrow || (key.tab && key.shift) ? -1 : key.rightArrow || key.tab ? 1 : 0;
  if (turn !== 0) {
    const at = TRACE_PROTOCOLS.indexOf(ask.protocol) + turn + TRACE_PROTOCOLS.length;
    return put({ protocol: TRACE_PROTOCOLS[at % TRACE_PROTOCOLS.length] ?? "tcp" });
  }
  if (key.upArrow || key.downArrow) {
    const declared = ends.find(({ text }) => text === trace.to)?.ports ?? [];
    const at = declared.findIndex(({ port, protocol }) => port === ask.port && protocol === ask.protocol);
    const next = declared[(at + (key.upArrow ? -1 : 1) + declared.length) % declared.length];
    return next === undefined ? undefined : put(next);
  }
  if (key.backspace || key.delete) return put({ port: Math.floor(ask.port / 10) });
  if (/^\d$/.test(input) && ask.port * 10 + Number(input) <= MOST) put({ port: ask.port * 10 + Number(input) });
}

function wayKey(input: string, key: Key, context: KeyContext, trace: TraceView): void {
  const { update, view } = context;
  const put = (change: Partial<TraceView>): void => update({ trace: { ...trace, ...change }, scroll: 0 });
  const shown = trace.traced === undefined ? [] : compactHops(trace.traced.story);
  const select = (hop: number): void => put({ hop: Math.max(0, Math.min(hop, shown.length - 1)) });
  if (key.escape) return trace.explain ? put({ explain: false }) : update({ trace: undefined, scroll: 0 });
  if (key.upArrow || input === "k") return select(trace.hop - 1);
  if (key.downArrow || input === "j") return select(trace.hop + 1);
  if (key.home || input === "g") return select(0);
  if (key.end || input === "G") return select(shown.length - 1);
  if (key.pageDown || input === " ") return update({ scroll: view.scroll + 1 });
  if (key.pageUp || input === "b") return update({ scroll: Math.max(0, view.scroll - 1) });
  const hop = shown[trace.hop];
  if (input === "e") return put({ explain: !trace.explain });
  if (input === "v") return put({ picture: trace.explain || !trace.picture, explain: false });
  if (input === "t") return send(context, trace);
  if (input === "r") return reverse(context, trace);
  if (input === "f") return fix(context, trace, hop);
  if (input === "c") return captureHere(context, hop);
  if (input === "?" || input === "h") return update({ help: true });
  if (input === "q") return context.actions.quit();
  if (input === "y" && trace.traced !== undefined) {
    context.copy(trace.traced.command);
    update({ message: `copied: ${trace.traced.command}` });
  }
}

export function questionText({ from, to, protocol, port }: TraceQuestion): string {
  return protocol === "icmp" ? `${from} → ${to} (ping)` : `${from} → ${to}:${port} (${protocol})`;
}

function send(context: KeyContext, trace: TraceView): void {
  const question = questionOf(trace);
  if (question !== undefined) act(context, `sending ${questionText(question)}`, () => follow(context, trace, question));
}

function questionOf({ from, to, ask }: TraceView): TraceQuestion | undefined {
  return from === undefined || to === undefined ? undefined : { from, to, ...ask };
}

/** The first hop that is wrong is selected, else the one after which it was lost. */
async function follow(context: KeyContext, trace: TraceView, question: TraceQuestion): Promise<void> {
  context.update({ trace: { ...trace, stage: "way", question, traced: undefined, hop: 0 }, scroll: 0 });
  const traced = await context.actions.trace(question);
  const now = context.latest().trace;
  if (now?.question !== question) return;
  const shown = compactHops(traced.story);
  const { firstWrong } = traced.story;
  const wrong = firstWrong === undefined ? -1 : shown.findLastIndex(({ number }) => number <= firstWrong + 1);
  const lost = shown.findIndex((hop) => hop.lost === true);
  context.update({ trace: { ...now, traced, hop: Math.max(0, wrong < 0 ? lost : wrong) } });
}

/** The way back of a Service starts at the pod that took the packet. */
function reverse(context: KeyContext, trace: TraceView): void {
  const { lab } = context.state;
  if (lab === undefined || trace.from === undefined) return;
  const ends = endsOf(context, lab);
  const to = ends.find(({ text }) => text === trace.to);
  const taken = trace.traced?.story.hops.findLast(({ kind }) => kind === "socket")?.ns;
  const from = to?.isService === false ? to.text : taken === undefined ? undefined : targetAt(context, taken)?.text;
  if (from === undefined)
    return context.update({ message: `${trace.to ?? ""} sends nothing itself, and no pod took the packet` });
  const ask = guessPort(ends.find(({ text }) => text === trace.from));
  send(context, { ...trace, from, to: trace.from, ask });
}

function fix(context: KeyContext, trace: TraceView, hop: ShownHop | undefined): void {
  const question = questionOf(trace);
  const ids = hop?.ids;
  if (ids === undefined || question === undefined)
    return context.update({ message: "nothing differs from the lab at this hop" });
  act(context, `repairing ${ids.join(", ")}`, async () => {
    await context.actions.repairOnly(ids);
    await follow(context, trace, question);
  });
}

function captureHere(context: KeyContext, hop: ShownHop | undefined): void {
  if (context.view.capture !== undefined) return stopCapture(context, context.view.capture);
  if (hop === undefined) return;
  const iface = hop.kind === "netfilter" || hop.kind === "socket" || hop.kind === "routing" || hop.kind === "conntrack" ? undefined : deviceOf(hop.at); // prettier-ignore
  const target = targetAt(context, hop.ns);
  if (target === undefined) return context.update({ message: `nothing to capture in ${formatNamespace(hop.ns)}` });
  startCapture(context, { ...target, iface }, { filter: true });
}

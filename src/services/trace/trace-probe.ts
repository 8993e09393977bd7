/** Sends a probe once more while capturing on every device, and reports where its packet was seen. */
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { packetStamps } from "../../kernel/packet-stamps.ts";
import { must } from "../../kernel/libc.ts";
import { AF_INET, closeSocket, openSocket, setInitialSequence, SOCK_STREAM } from "../../kernel/socket.ts";
import { captureFilter } from "./capture-filter.ts";
import { enterNetns } from "../../kernel/netns.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { Probe, ProbeResult } from "../probe/protocol.ts";
import type { NetfilterFindings, TraceResult } from "./protocol.ts";
import type { ProbeMarks } from "../probe/attempt.ts";
import { runProbes } from "../probe/run-probes.ts";
import type { ProbeOptions } from "../probe/run-probes.ts";
import { assembleTrace, dropsOf, endsByNamespace } from "./assemble.ts";
import type { TracedProbe } from "./assemble.ts";
import { DropListener, type DroppedIn } from "./drop-listener.ts";
import { FlowTracker } from "./flow-tracker.ts";
import { AwaitedAnswer } from "./awaited-answer.ts";
import type { HeldTrace } from "./awaited-answer.ts";
import { Listener, realTime } from "./listener.ts";
import type { CapturedPacket } from "./order.ts";
import { randomMarks } from "./random-marks.ts";
import { matchOf } from "./probe-match.ts";
import type { ProbeMatch } from "./probe-match.ts";
import { RuleTracer } from "./rule-tracer.ts";
import type { RulesMet } from "./rule-tracer.ts";

/** What is still under way when the probe has its answer: the last acknowledgement, an ICMP error. */
const TAIL_MS = 10;

export interface TraceOptions extends ProbeOptions {
  /** Namespaces whose rules log what NetworkPolicies deny. */
  readonly denying?: readonly string[] | undefined;
  /** Namespaces whose rules are traced too. */
  readonly rules?: readonly string[] | undefined;
  /** With the bytes of its packets. */
  readonly packets?: boolean | undefined;
  /** A packet that others have sent, instead of one of its own. */
  readonly held?: HeldTrace | undefined;
  /** By which all recognise the probe, where several machines take part; else chosen here. */
  readonly marks?: ProbeMarks | undefined;
}

/** Throws SyscallError (`EPERM`) when it may not listen, and what `runProbes` throws. */
export async function traceProbe(
  probe: Probe,
  namespaces: readonly { readonly ns: string; readonly handle: NetnsHandle }[],
  options: TraceOptions = {},
): Promise<TraceResult> {
  const { rules, tracked, flows, untraced, lost, noDrops, ...traced } = await sendTraced(probe, namespaces, options);
  const drops = lost === undefined ? undefined : dropsOf(probe, traced, lost);
  return { ...assembleTrace(probe, traced, options), rules, tracked, flows, untraced, drops, noDrops };
}

/** With what the rules were asked, where they were. */
interface Sent extends TracedProbe, Omit<NetfilterFindings, "drops"> {
  /** All that the kernel threw away meanwhile, the probe's or not. */
  readonly lost?: readonly DroppedIn[] | undefined;
}

/** Sends the probe while capturing on the devices of these namespaces. A held packet passes, whatever becomes of the trace. */
export async function sendTraced(
  probe: Probe,
  namespaces: readonly { readonly ns: string; readonly handle: NetnsHandle }[],
  options: TraceOptions = {},
): Promise<Sent> {
  try {
    return await sendListening(probe, namespaces, options);
  } finally {
    options.held?.release();
  }
}

async function sendListening(
  probe: Probe,
  namespaces: readonly { readonly ns: string; readonly handle: NetnsHandle }[],
  options: TraceOptions,
): Promise<Sent> {
  const marks = options.marks ?? randomMarks();
  const netns = (ns: string): NetnsHandle => {
    const found = namespaces.find((one) => one.ns === ns);
    if (found === undefined) throw new Error(`namespace ${ns} is not one of those being captured`);
    return found.handle;
  };
  const once: Probe = probe.kind === "ping" ? { ...probe, count: 1 } : probe;
  const tracer = new RuleTracer();
  const tracker = new FlowTracker();
  const dropped = new DropListener();
  const asking = options.rules !== undefined;
  const match = matchOf(probe, marks);
  const answer = options.held === undefined ? undefined : new AwaitedAnswer(probe, marks, options.held);
  const listener = new Listener(namespaces, {
    denying: options.denying,
    // Where the sender may not choose its sequence number, it is learnt from what is captured.
    filter: options.held === undefined && !choosesSequence(netns(probe.ns)) ? undefined : captureFilter(probe, marks),
    seen: answer?.look,
  });
  let captured: CapturedPacket[] = [];
  let localPort: number | undefined;
  let result: ProbeResult | undefined;
  let start = 0n;
  let lost: readonly DroppedIn[] = [];
  let met: RulesMet = { rules: [], tracked: [] };
  let flows: NetfilterFindings["flows"] = [];
  try {
    tracer.start(namespaces, options.rules ?? [], match);
    tracker.start(namespaces, options.rules ?? []);
    if (asking) dropped.start();
    await packetStamps();
    if (probe.kind === "ping" && probe.df) forgetPathMtu(netns(probe.ns));
    start = realTime();
    if (answer === undefined)
      [result] = await runProbes([once], netns, options, { marks, onLocalPort: (port) => (localPort = port) });
    else {
      localPort = options.held?.localPort;
      result = await answer.wait();
    }
    await sleep(TAIL_MS);
  } finally {
    captured = [...(answer?.arrival(start) ?? []), ...listener.stop()];
    met = tracer.stop();
    lost = dropped.stop(namespaces);
    flows = tracker.stop(asking ? endsByNamespace(probe, { marks, localPort, start, captured }) : new Map());
  }
  if (result === undefined) throw new Error("the probe has no result");
  const asked = asking
    ? {
        ...met,
        flows,
        untraced: [...tracer.problems, ...unrecognised(probe, match, captured)],
        lost,
        noDrops: dropped.problem,
      }
    : {};
  return { result, marks, localPort, start, captured, ...asked };
}

/** Whether probes of this namespace can have marks in TCP (see setInitialSequence). */
function choosesSequence(handle: NetnsHandle): boolean {
  const fd = must("socket", enterNetns(handle, () => openSocket(AF_INET, SOCK_STREAM))); // prettier-ignore
  const chosen = setInitialSequence(fd, 1) === 0;
  closeSocket(fd);
  return chosen;
}

/** Rules recognise TCP by the number that the sender chose: where it may not choose one, or the kind has no mark, they report nothing. */
function unrecognised(probe: Probe, { rules, isOwn }: ProbeMatch, captured: readonly CapturedPacket[]): string[] {
  if (rules.length === 0) return [`all: packets of ${probe.kind} cannot be recognised by rules`];
  if (probe.kind === "udp") return ["the answer: nothing in an answer by UDP by which rules could recognise it"];
  if (isOwn === undefined || probe.kind === "dns") return [];
  const sent = captured.filter(({ ns, direction }) => ns === probe.ns && direction === "out");
  if (sent.length === 0 || sent.some(({ bytes }) => isOwn(bytes))) return [];
  return ["all: the sender may not choose its sequence number (no CAP_NET_ADMIN), by which rules recognise the packet"];
}

/**
 * A sender that knows the path MTU already refuses on its own, and nothing would be seen. (`ping -M probe` would do as
 * well, but iputils before 2024 does not have it.) In a user namespace older kernels do not offer this; then it stays.
 */
function forgetPathMtu(handle: NetnsHandle): void {
  enterNetns(handle, () => {
    for (const family of ["ipv4", "ipv6"]) {
      try {
        writeFileSync(`/proc/sys/net/${family}/route/flush`, "1");
      } catch {
        // no such family here, or not allowed
      }
    }
  });
}

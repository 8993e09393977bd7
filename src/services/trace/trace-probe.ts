/** Sends a probe once more while capturing on every device, and reports where its packet was seen. */
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { packetStamps } from "../../kernel/packet-stamps.ts";
import { enterNetns } from "../../kernel/netns.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { Probe, ProbeResult } from "../probe/protocol.ts";
import type { TracedRule, TraceResult } from "./protocol.ts";
import type { ProbeMarks } from "../probe/attempt.ts";
import { runProbes } from "../probe/run-probes.ts";
import type { ProbeOptions } from "../probe/run-probes.ts";
import { assembleTrace } from "./assemble.ts";
import type { TracedProbe } from "./assemble.ts";
import { Listener, realTime } from "./listener.ts";
import type { CapturedPacket } from "./order.ts";
import { randomMarks } from "./random-marks.ts";
import { matchOf, RuleTracer } from "./rule-tracer.ts";
import type { ProbeMatch } from "./rule-tracer.ts";

/** What is still under way when the probe has its answer: the last acknowledgement, an ICMP error. */
const TAIL_MS = 10;

export interface TraceOptions extends ProbeOptions {
  /** Namespaces whose rules log what NetworkPolicies deny. */
  readonly denying?: readonly string[] | undefined;
  /** Namespaces whose rules are traced too. */
  readonly rules?: readonly string[] | undefined;
  /** With the bytes of its packets. */
  readonly packets?: boolean | undefined;
  /** By which all recognise the probe, where several machines take part; else chosen here. */
  readonly marks?: ProbeMarks | undefined;
}

/** Throws SyscallError (`EPERM`) when it may not listen, and what `runProbes` throws. */
export async function traceProbe(
  probe: Probe,
  namespaces: readonly { readonly ns: string; readonly handle: NetnsHandle }[],
  options: TraceOptions = {},
): Promise<TraceResult> {
  const { rules, untraced, ...traced } = await sendTraced(probe, namespaces, options);
  return { ...assembleTrace(probe, traced, options), rules, untraced };
}

/** With what the rules were asked, where they were. */
type Sent = TracedProbe & Pick<TraceResult, "rules" | "untraced">;

/** Sends the probe while capturing on the devices of these namespaces. */
export async function sendTraced(
  probe: Probe,
  namespaces: readonly { readonly ns: string; readonly handle: NetnsHandle }[],
  options: TraceOptions = {},
): Promise<Sent> {
  const marks = options.marks ?? randomMarks();
  const netns = (ns: string): NetnsHandle => {
    const found = namespaces.find((one) => one.ns === ns);
    if (found === undefined) throw new Error(`namespace ${ns} is not one of those being captured`);
    return found.handle;
  };
  const once: Probe = probe.kind === "ping" ? { ...probe, count: 1 } : probe;
  const tracer = new RuleTracer();
  const asking = options.rules !== undefined;
  const match = matchOf(probe, marks);
  const listener = new Listener(namespaces, options.denying);
  let captured: CapturedPacket[] = [];
  let localPort: number | undefined;
  let result: ProbeResult | undefined;
  let start = 0n;
  let rules: readonly TracedRule[] = [];
  try {
    await tracer.start(namespaces, options.rules ?? [], match);
    await packetStamps();
    if (probe.kind === "ping" && probe.df) forgetPathMtu(netns(probe.ns));
    start = realTime();
    [result] = await runProbes([once], netns, options, { marks, onLocalPort: (port) => (localPort = port) });
    await sleep(TAIL_MS);
  } finally {
    captured = listener.stop();
    rules = await tracer.stop();
  }
  if (result === undefined) throw new Error("the probe has no result");
  const asked = asking ? { rules, untraced: [...tracer.problems, ...unrecognised(probe, match, captured)] } : {};
  return { result, marks, localPort, start, captured, ...asked };
}

/** Rules recognise TCP by the number that the sender chose: where it may not choose one, or the kind has no mark, they report nothing. */
function unrecognised(probe: Probe, { matches, isOwn }: ProbeMatch, captured: readonly CapturedPacket[]): string[] {
  if (matches.length === 0) return [`all: packets of ${probe.kind} cannot be recognised by rules`];
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

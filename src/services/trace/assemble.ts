/** From the captures on all devices to the path of one probe: which packets were its own, where, in which order. */
import type { Probe, ProbeResult } from "../probe/protocol.ts";
import type { Sighting, TracedBytes, TracedDenial, TracedDrop, TracedError, TraceResult } from "./protocol.ts";
import type { ProbeMarks } from "../probe/attempt.ts";
import { macText } from "../../net/address-bytes.ts";
import { addTo } from "../../append.ts";
import type { Tuple } from "../../kernel/conntrack-entry.ts";
import type { DroppedIn } from "./drop-listener.ts";
import { encodeQuestion } from "../probe/dns-message.ts";
import { identify, udpEnds } from "./identify.ts";
import type { Identified, Signature } from "./identify.ts";
import { OTHER_MAC } from "./last-seen.ts";
import { unansweredNeighbours } from "./neighbours.ts";
import type { CapturedPacket } from "./order.ts";

export interface TracedProbe {
  readonly result: ProbeResult;
  readonly marks: ProbeMarks;
  readonly localPort: number | undefined;
  /** Nanoseconds since the epoch. */
  readonly start: bigint;
  /** In the order in which they were on the devices. */
  readonly captured: readonly CapturedPacket[];
}

export interface AssembleOptions {
  /** With the bytes of its packets. */
  readonly packets?: boolean | undefined;
}

export function assembleTrace(
  probe: Probe,
  { result, marks, localPort, start, captured }: TracedProbe,
  { packets = false }: AssembleOptions = {},
): TraceResult {
  const signature = learntSignature(probe, { marks, localPort, captured });
  const trace = assemble(probe.ns, result, signature, captured, start);
  return packets ? { ...trace, packets: bytesOf(captured, signature, start) } : trace;
}

type Learnt = Pick<TracedProbe, "marks" | "localPort" | "captured">;

function learntSignature(probe: Probe, { marks, localPort, captured }: Learnt): Signature {
  const learnt = learnSequence(probe.ns, captured, signatureOf(probe, marks, localPort));
  return { ...learnt, ports: learnPorts(captured, learnt), answers: learnAnswers(captured, learnt) };
}

/** Of what was dropped, the probe's own packets and their answers; nothing of a probe that was answered. */
export function dropsOf(
  probe: Probe,
  traced: Learnt & Pick<TracedProbe, "result">,
  dropped: readonly DroppedIn[],
): readonly TracedDrop[] {
  if (traced.result.outcome === "open") return [];
  const signature = learntSignature(probe, traced);
  return dropped.flatMap(({ ns, reason, bytes }): TracedDrop[] => {
    const what = identify(bytes, signature);
    return what === undefined || what.error !== undefined ? [] : [{ ns, reason, forward: what.forward, packet: what.text }]; // prettier-ignore
  });
}

function bytesOf(captured: readonly CapturedPacket[], signature: Signature, start: bigint): readonly TracedBytes[] {
  return captured.flatMap(({ ns, iface, direction, time, bytes, link, denied }): TracedBytes[] => {
    const what = time < start || denied !== undefined ? undefined : identify(bytes, signature);
    if (what === undefined) return [];
    const { forward, text } = what;
    const [packet, header] = [bytes.toString("base64"), link?.toString("base64")];
    return [{ ns, iface, direction, forward, packet: text, time: String(time), bytes: packet, link: header }];
  });
}

export function signatureOf(probe: Probe, marks: ProbeMarks, localPort: number | undefined): Signature {
  const { kind } = probe;
  return {
    ...marks,
    kind,
    stream: kind === "tcp" || kind === "http" || (kind === "dns" && probe.protocol === "tcp"),
    port: kind === "ping" ? 0 : probe.port,
    localPort,
    ports: new Set(kind === "ping" ? [] : [probe.port, localPort ?? probe.port]),
    answers: new Set(),
    question: kind === "dns" ? questionBytes(probe.query, probe.type) : undefined,
  };
}

/** The question as in every message about it: name, behind the 12 bytes of the header. */
function questionBytes(query: string, type: string): string | undefined {
  try {
    return encodeQuestion(query, type).bytes.subarray(12, -4).toString("latin1").toLowerCase();
  } catch {
    return undefined;
  }
}

/** Where the initial sequence number could not be chosen (no CAP_NET_ADMIN), it is read from the SYN that left. */
function learnSequence(from: string, captured: readonly CapturedPacket[], signature: Signature): Signature {
  if (
    !signature.stream ||
    signature.localPort === undefined ||
    captured.some(({ bytes }) => identify(bytes, signature))
  )
    return signature;
  for (const { ns, direction, bytes } of captured) {
    if (ns !== from || direction !== "out") continue;
    const tcp = bytes.subarray((bytes[0] ?? 0) >> 4 === 6 ? 40 : ((bytes[0] ?? 0) & 15) * 4);
    const isSyn = tcp.length >= 20 && ((tcp[13] ?? 0) & 0x12) === 0x02;
    if (isSyn && tcp.readUInt16BE(0) === signature.localPort) return { ...signature, sequence: tcp.readUInt32BE(4) };
  }
  return signature;
}

/** NAT may change both ports: all that the SYN was seen with are this connection's. */
function learnPorts(captured: readonly CapturedPacket[], signature: Signature): ReadonlySet<number> {
  const ports = new Set(signature.ports);
  if (!signature.stream) return ports;
  for (const { bytes } of captured) for (const port of identify(bytes, signature)?.ports ?? []) ports.add(port);
  return ports;
}

/** An answer by UDP need not repeat anything of the question: it goes back between the same ends, as each place saw them. */
function learnAnswers(captured: readonly CapturedPacket[], signature: Signature): ReadonlySet<string> {
  const answers = new Set<string>();
  if (signature.kind !== "udp" || (signature.plain === true && signature.token === "")) return answers;
  for (const { bytes, denied } of captured) {
    const what = denied === undefined ? identify(bytes, signature) : undefined;
    if (what?.forward === true && what.error === undefined) answers.add(answerEnds(what.tuple));
  }
  return answers;
}

export function answerEnds({ protocol, source, sourcePort, destination, destinationPort }: Tuple): string {
  return udpEnds({ protocol, source: destination, sourcePort: destinationPort, destination: source, destinationPort: sourcePort }); // prettier-ignore
}

type Seen = CapturedPacket & { readonly what: Identified };

function assemble(
  from: string,
  probe: ProbeResult,
  signature: Signature,
  captured: readonly CapturedPacket[],
  start: bigint,
): TraceResult {
  const seen = captured.flatMap((packet): Seen[] => {
    const what = packet.time < start || packet.denied !== undefined ? undefined : identify(packet.bytes, signature);
    return what === undefined ? [] : [{ ...packet, what }];
  });
  const denials = captured.flatMap(({ ns, bytes, denied }): TracedDenial[] => {
    const what = denied === undefined ? undefined : identify(bytes, signature);
    return denied === undefined || what === undefined ? [] : [{ ns, words: denied, forward: what.forward }];
  });
  const packets = withoutStrays(
    interesting(
      from,
      probe,
      seen.filter(({ what }) => what.error === undefined),
    ),
  );
  return {
    probe,
    sightings: withoutRepeats(packets.map((one) => sighting(one, start))),
    denials: denials.filter((one, i) => denials.findIndex((other) => other.words === one.words) === i),
    icmpErrors: icmpErrors(seen),
    unanswered: unansweredNeighbours(captured),
  };
}

/**
 * The opening packets of a connection show its path. When it was established but failed later, later packets show where:
 * the request that was lost, the answer that was too big.
 */
function interesting(from: string, probe: ProbeResult, seen: readonly Seen[]): Seen[] {
  const opening = seen.filter(({ what }) => what.stage === "opening");
  const sent = opening.find(({ ns, what }) => ns === from && what.forward);
  const stood = opening.some(
    ({ ns, direction, what }) =>
      ns === from && direction === "in" && !what.forward && isReplyTo(what.text, sent?.what.text ?? what.text),
  );
  if (!stood || probe.outcome === "open" || probe.outcome === "refused") return opening;
  const later = seen.filter(({ what }) => what.stage === "later" && / bytes|RST/.test(what.text));
  return later.length > 0 ? later : opening;
}

/** A reply that was not translated back has another source, and the sender resets the unknown connection. */
function isReplyTo(reply: string, sent: string): boolean {
  const [from] = reply.split(" > ");
  return sent.split(" ")[2] === from || !sent.includes(" > ");
}

/**
 * A switch that does not know an address yet floods: the packet also reaches devices that it is not meant for.
 * Those strays are left out, unless the packet ended nowhere else: then its wrong MAC is the finding.
 */
function withoutStrays(seen: readonly Seen[]): Seen[] {
  const goesOn = (one: Seen): boolean =>
    seen.some(
      (next) =>
        next.ns === one.ns &&
        next.direction === "out" &&
        next.what.forward === one.what.forward &&
        next.time >= one.time,
    );
  const ends = seen.filter((one) => one.direction === "in" && !goesOn(one));
  return seen.flatMap((one) => {
    if (!one.otherHost || !ends.includes(one)) return [one];
    const arrived = ends.some((end) => !end.otherHost && end.what.forward === one.what.forward);
    return arrived ? [] : [{ ...one, what: { ...one.what, text: `${one.what.text}${OTHER_MAC}` } }];
  });
}

function sighting({ ns, iface, direction, time, what, link }: Seen, start: bigint): Sighting {
  return {
    ns,
    iface,
    direction,
    forward: what.forward,
    encapsulated: what.encapsulated,
    atNs: Number(time - start),
    packet: what.text,
    ...what.seen,
    ...(link === undefined ? {} : { macs: { from: macText(link, 6, 12), to: macText(link, 0, 6) } }),
  };
}

/** The ends of the probe's packets as each of the namespaces saw them, each once. */
export function endsByNamespace(
  probe: Probe,
  traced: Omit<TracedProbe, "result">,
): ReadonlyMap<string, readonly Tuple[]> {
  const { marks, localPort, captured } = traced;
  const signature = learnSequence(probe.ns, captured, signatureOf(probe, marks, localPort));
  const known = new Set<string>();
  const ends = new Map<string, Tuple[]>();
  for (const { ns, bytes, denied } of captured) {
    const what = denied === undefined ? identify(bytes, signature) : undefined;
    if (what === undefined || what.encapsulated || what.error !== undefined) continue;
    const key = `${ns} ${JSON.stringify(what.tuple)}`;
    if (!known.has(key)) addTo(ends, ns, what.tuple);
    known.add(key);
  }
  return ends;
}

/** A retransmission passes the same places again: the first time counts. */
function withoutRepeats(sightings: readonly Sighting[]): Sighting[] {
  const known = new Set<string>();
  return sightings.filter(({ ns, iface, direction, packet }) => {
    const key = `${ns} ${iface} ${direction} ${packet}`;
    return !known.has(key) && known.add(key);
  });
}

/** Each ICMP error once, at the place where it was first seen: that of its sender. */
function icmpErrors(seen: readonly Seen[]): TracedError[] {
  const errors = new Map<string, TracedError>();
  for (const { ns, iface, what } of seen) {
    if (what.error === undefined) continue;
    const { from, says } = what.error;
    const key = `${from} ${says}`;
    if (!errors.has(key)) errors.set(key, { ns, iface, ...what.error });
  }
  return [...errors.values()];
}

/** Describes in one sentence how far a traced packet got. Why it went no further is decided elsewhere. */
import { TUNNEL_TEXT } from "../../capture/tunnel.ts";
import { formatNamespace } from "../../net/place.ts";
import type { Sighting, TracedError, TraceResult } from "./protocol.ts";

/** At the end of Sighting.packet: the frame's destination MAC is not that of the receiving device. */
export const OTHER_MAC = " (to another MAC)";

/** `from`: the namespace that sends, for the sentence about a packet that never left. `negative`: it should not get through. */
export function describeLastSeen(result: TraceResult, from?: string, negative = false): string {
  const forward = result.sightings.filter((s) => s.forward);
  const answers = result.sightings.filter((s) => !s.forward);
  const sentence =
    answers.length > 0 ? describeAnswer(result, answers, forward, negative) : describeForward(result, forward, from);
  return [sentence, ...result.icmpErrors.map(formatError)].join("; ");
}

function formatError({ ns, from, to, says }: TracedError): string {
  // The sender itself has given up: the next hop has no MAC, or there is no route.
  return from === to
    ? `${formatNamespace(ns)} itself reports ${says}`
    : `ICMP error from ${from} to ${to}, first seen at ${formatNamespace(ns)}: ${says}`;
}

function describeForward(result: TraceResult, forward: readonly Sighting[], from: string | undefined): string {
  const { probe } = result;
  const last = furthest(forward);
  if (last === undefined) {
    const sender = from === undefined ? "its sender" : formatNamespace(from);
    const error = probe.error ?? probe.ping?.message;
    if (probe.outcome === "noname" || error?.startsWith("EAI_") === true)
      return `never left ${sender}: the name was not resolved${error === undefined ? "" : ` (${error})`}`;
    return `never left ${sender}${error === undefined ? "" : `: ${localRefusal(error)}`}`;
  }
  const node = formatNamespace(last.ns);
  const tunnel = tunnelOf(last);
  if (last.direction === "out") return `left ${node} on ${last.iface}${tunnel}, never arrived at any device after that`;
  if (last.packet.endsWith(OTHER_MAC))
    return `entering ${node} on ${last.iface}${tunnel}, which ignored it: the frame is for another MAC, and no device with that MAC accepted it`;
  if (probe.outcome === "refused") return `entering ${node} on ${last.iface}${tunnel}, which refused it`;
  return `entering ${node} on ${last.iface}${tunnel}; nothing left ${node} after that`;
}

/** The meaning of the error with which the sender's own kernel refuses to send. */
function localRefusal(error: string): string {
  if (/ENETUNREACH|network is unreachable/i.test(error)) return `no route (${error})`;
  if (/EPERM|not permitted/i.test(error)) return `dropped by a rule of its own (${error})`;
  if (/EACCES|permission denied|ping broadcast/i.test(error)) return `its own routing prohibits it (${error})`;
  if (/EADDRNOTAVAIL|cannot assign/i.test(error)) return `it has no address to send from (${error})`;
  return `its own kernel says ${error}`;
}

function describeAnswer(
  { probe }: TraceResult,
  answers: readonly Sighting[],
  forward: readonly Sighting[],
  negative: boolean,
): string {
  const sender = forward[0]?.ns;
  const last = furthest(answers) ?? answers[answers.length - 1];
  if (last === undefined) return "no answer was seen";
  const origin = answers[0] === undefined ? "" : ` from ${formatNamespace(answers[0].ns)}`;
  const place = `${last.direction === "in" ? "entering" : "leaving"} ${formatNamespace(last.ns)} on ${last.iface}${tunnelOf(last)}`;
  if (last.direction === "in" && last.ns === sender) {
    if (probe.outcome === "open")
      return `${negative ? "answered" : "answered when it was sent again"}: the reply${origin} arrived, ${place}`;
    const untranslated = untranslatedReply(forward[0], last);
    if (untranslated !== undefined)
      return `the reply${origin} arrived, ${place}, but not translated back: ${untranslated}`;
    const rest =
      probe.outcome === "refused" || probe.outcome === "reset"
        ? ""
        : `; ${formatNamespace(last.ns)} did not recognise it as its answer (${last.packet})`;
    return `${probe.outcome}: the reply${origin} arrived, ${place}${rest}`;
  }
  const lost =
    last.direction === "in"
      ? `; nothing left ${formatNamespace(last.ns)} after that`
      : ", never arrived at any device after that";
  return `the packet arrived, but its reply${origin} got lost: ${place}${lost}`;
}

/** The ends of `10.0.0.1:4711 > 10.0.0.2:80 TCP SYN`. */
function endsOf(packet: string): readonly [source: string, destination: string] | undefined {
  const [, source, destination] = /^(\S+) > (\S+) /.exec(packet) ?? [];
  return source === undefined || destination === undefined ? undefined : [source, destination];
}

/** A reply must come from where the packet was sent to. */
export function untranslatedReply(sent: Sighting | undefined, reply: Pick<Sighting, "packet">): string | undefined {
  const to = sent === undefined ? undefined : endsOf(sent.packet)?.[1];
  const from = endsOf(reply.packet)?.[0];
  return to === undefined || from === undefined || from === to
    ? undefined
    : `it comes from ${from}, the packet went to ${to}`;
}

/** The furthest sighting: the last one coming in, or what went out of that namespace afterwards. Copies that a switch
 * flooded to other ports do not count. */
export function furthest(sightings: readonly Sighting[]): Sighting | undefined {
  const entered = sightings.findLast((s) => s.direction === "in");
  if (entered === undefined) return sightings[sightings.length - 1];
  const after = sightings.slice(sightings.indexOf(entered) + 1);
  return after.findLast((s) => s.ns === entered.ns && s.direction === "out") ?? entered;
}

/** ` (inside VXLAN vni 1)`, ` (inside GRE, key 5)`. */
function tunnelOf(sighting: Sighting): string {
  const tunnel = TUNNEL_TEXT.exec(sighting.packet)?.groups?.["tunnel"];
  return tunnel === undefined ? "" : ` (inside ${tunnel})`;
}

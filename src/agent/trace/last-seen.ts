/** Tells in one sentence where a traced packet got to, and where it was lost. */
import { formatNamespace } from "../../capture/place.ts";
import type { Sighting, TraceResult } from "../protocol.ts";

/** At the end of Sighting.packet: the frame's destination MAC is not that of the device it came to. */
export const OTHER_MAC = " (to another MAC)";

/** `from`: the namespace that sends, for the sentence about a packet that never left. */
export function describeLastSeen(result: TraceResult, from?: string): string {
  const forward = result.sightings.filter((s) => s.forward);
  const answers = result.sightings.filter((s) => !s.forward);
  const sentence =
    answers.length > 0 ? describeAnswer(result, answers, forward) : describeForward(result, forward, from);
  const errors = result.icmpErrors.length === 0 ? "" : `; ICMP error at ${result.icmpErrors.join("; ")}`;
  return sentence + errors;
}

function describeForward({ probe }: TraceResult, forward: readonly Sighting[], from: string | undefined): string {
  const last = lastOf(forward);
  const error = probe.error ?? probe.ping?.message;
  if (last === undefined) {
    const sender = from === undefined ? "its sender" : formatNamespace(from);
    if (probe.outcome === "noname")
      return `never left ${sender}: the name was not resolved${error === undefined ? "" : ` (${error})`}`;
    const why =
      error === undefined ? "no route, no neighbour's MAC, or dropped there" : `no route or refused locally (${error})`;
    return `never left ${sender}: ${why}`;
  }
  const node = formatNamespace(last.ns);
  const tunnel = tunnelOf(last);
  if (last.direction === "out") {
    return last.encapsulated
      ? `left ${node} on ${last.iface}${tunnel}, never arrived at the other end: wrong remote VTEP, or lost on the way`
      : `left ${node} on ${last.iface}${tunnel}, never arrived at any device after that`;
  }
  if (last.packet.endsWith(OTHER_MAC)) {
    return `last seen entering ${node} on ${last.iface}${tunnel}, but for another device's MAC: a wrong neighbour or FDB entry on the way; ${node} ignored it`;
  }
  if (probe.outcome === "refused") return `last seen entering ${node} on ${last.iface}${tunnel}, which refused it`;
  return `last seen entering ${node} on ${last.iface}${tunnel}; nothing left ${node} after that: dropped, not forwarded or not answered there`;
}

function describeAnswer({ probe }: TraceResult, answers: readonly Sighting[], forward: readonly Sighting[]): string {
  const sender = forward[0]?.ns;
  const last = lastOf(answers) ?? answers[answers.length - 1];
  if (last === undefined) return "no answer was seen";
  const origin = answers[0] === undefined ? "" : ` from ${formatNamespace(answers[0].ns)}`;
  const place = `${last.direction === "in" ? "entering" : "leaving"} ${formatNamespace(last.ns)} on ${last.iface}${tunnelOf(last)}`;
  if (last.direction === "in" && last.ns === sender) {
    if (probe.outcome === "open") return `answered: the reply${origin} arrived, ${place}`;
    const rest =
      probe.outcome === "refused" || probe.outcome === "reset"
        ? ""
        : `; ${formatNamespace(last.ns)} did not take it for its answer (${last.packet})`;
    return `${probe.outcome}: the reply${origin} arrived, ${place}${rest}`;
  }
  const lost =
    last.direction === "in"
      ? `; nothing left ${formatNamespace(last.ns)} after that`
      : ", never arrived at any device after that";
  return `arrived; the reply${origin} was last seen ${place}${lost}: the way back is broken`;
}

/** The furthest sighting: the last one coming in, or what went out of that namespace afterwards. Copies that a switch
 * flooded to other ports do not count. */
function lastOf(sightings: readonly Sighting[]): Sighting | undefined {
  const entered = sightings.findLast((s) => s.direction === "in");
  if (entered === undefined) return sightings[sightings.length - 1];
  const after = sightings.slice(sightings.indexOf(entered) + 1);
  return after.findLast((s) => s.ns === entered.ns && s.direction === "out") ?? entered;
}

/** ` (inside VXLAN vni 1)`. */
function tunnelOf(sighting: Sighting): string {
  const vni = / in VXLAN vni (\d+)/.exec(sighting.packet)?.[1];
  return vni === undefined ? "" : ` (inside VXLAN vni ${vni})`;
}

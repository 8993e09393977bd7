/** Why the kernel threw the packet away, in its own word (enum skb_drop_reason). */
import { formatNamespace } from "../net/place.ts";
import type { TraceResult } from "../services/trace/protocol.ts";
import { furthest } from "../services/trace/last-seen.ts";

/** A copy that a bridge flooded or a listener got, and what says nothing. */
const VAGUE: ReadonlySet<string> = new Set(["NOT_SPECIFIED", "OTHERHOST", "PACKET_SOCK_ERROR", "DEV_READY"]);

/** `IP_RPFILTER on node2`, of the direction in which it was lost, where it was last seen. Undefined: the kernel has said nothing of it there. */
export function dropReason({ drops = [], sightings, probe }: TraceResult): string | undefined {
  const there = furthest(sightings.filter(({ forward }) => forward));
  const back = furthest(sightings.filter(({ forward }) => !forward));
  // A refusal is an answer: what was dropped is what it answers.
  const refused = probe.outcome !== "timeout";
  const last = refused ? there : (back ?? there);
  const found = drops.findLast(
    ({ ns, forward, reason }) =>
      !VAGUE.has(reason) && ns === (last?.ns ?? ns) && forward === (refused || back === undefined),
  );
  return found === undefined ? undefined : `${found.reason} on ${formatNamespace(found.ns)}`;
}

/** What is wrong with peers that a lab file or a manifest names. */
import type { Scope } from "../../syntax/scope.ts";
import type { BgpSessionEnd, BgpSpeaker } from "./model.ts";
import { sessionsOf } from "./sessions.ts";

/** False: nothing speaks BGP at the address; the message says who could be meant. */
export function checkPeerAddress(address: string, speakers: readonly BgpSpeaker[], place: Scope): boolean {
  const addresses = speakers.flatMap((one) => [...Object.values(one.address), ...(one.further ?? [])]);
  if (addresses.includes(address)) return true;
  const hasRouter = speakers.some(({ further }) => further !== undefined);
  place.error(
    `nothing in the lab speaks BGP at ${address}`,
    `there are ${addresses.join(", ")}${hasRouter ? "" : "; router: { bgp: { asNumber: 65000 } } makes the router a peer"}`,
  );
  return false;
}

/** Sessions that stay down, at most one message for each place. `placeOf`: of what names the neighbour. */
export function warnOfSessions(
  speakers: readonly BgpSpeaker[],
  placeOf: (end: BgpSessionEnd) => Scope | undefined,
): void {
  const seen = new Set<Scope>();
  for (const session of sessionsOf(speakers)) {
    if (session.state === "up") continue;
    const { speaker, neighbour } = session.end;
    const place = placeOf(session.end);
    if (place === undefined || seen.has(place)) continue;
    seen.add(place);
    place.warn(
      `${speaker}'s session with ${neighbour.address} stays down: ${session.why}`,
      "both ends must name each other",
    );
  }
}

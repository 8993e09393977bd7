/** Which neighbours become sessions: both ends must name each other, with the right AS, and one of them must dial. */
import type { Cause } from "../../cause.ts";
import { familyOf, perFamily } from "../../net/families.ts";
import type { BgpNeighbour, BgpSession, BgpSpeaker } from "./model.ts";

export const localAsOf = ({ asn }: BgpSpeaker, { localAs }: BgpNeighbour): number => localAs ?? asn;

export function sourceOf({ address }: BgpSpeaker, neighbour: BgpNeighbour): string | undefined {
  return neighbour.source ?? address[familyOf(neighbour.address)];
}

/** Each speaker's neighbours by address; the first of an address counts. */
function byAddress(speakers: readonly BgpSpeaker[]) {
  return new Map(
    speakers.map((speaker) => {
      const own = new Map<string, BgpNeighbour>();
      for (const neighbour of speaker.neighbours)
        if (!own.has(neighbour.address)) own.set(neighbour.address, neighbour);
      return [speaker.name, own] as const;
    }),
  );
}

/** Why no session comes of it; undefined: one does. */
function obstacle(speaker: BgpSpeaker, own: BgpNeighbour, peer: BgpSpeaker, theirs: BgpNeighbour): string | undefined {
  if (theirs.down !== undefined) return theirs.down;
  if (own.asn !== localAsOf(peer, theirs))
    return `${peer.name} is in AS ${localAsOf(peer, theirs)}, and not in ${own.asn} (Bad peer AS)`;
  if (theirs.asn !== localAsOf(speaker, own))
    return `${peer.name} expects AS ${theirs.asn}, and not ${localAsOf(speaker, own)} (Bad peer AS)`;
  if (own.passive === true && theirs.passive === true) return "both ends wait for the other to connect (passive)";
  if (own.password !== theirs.password) return "the two passwords differ, so the kernel drops the segments";
  return undefined;
}

/** In the order of the speakers; each session once. */
export function sessionsOf(speakers: readonly BgpSpeaker[]): readonly BgpSession[] {
  const neighbours = byAddress(speakers);
  // Who listens at an address.
  const owners = new Map(
    [...speakers]
      .toSorted((a, b) => Number(b.dials === true) - Number(a.dials === true))
      .flatMap((one) =>
        [...(one.further ?? []), ...Object.values(one.address)].map((address) => [address, one] as const),
      ),
  );
  const seen = new Map<BgpNeighbour, string>();
  const result: BgpSession[] = [];
  for (const speaker of speakers)
    for (const neighbour of speaker.neighbours) {
      if (seen.has(neighbour)) continue;
      const end = { speaker: speaker.name, neighbour };
      const down = (why: string): unknown => result.push({ state: "down", end, why });
      const first = neighbours.get(speaker.name)?.get(neighbour.address);
      const source = sourceOf(speaker, neighbour);
      const peer = owners.get(neighbour.address);
      const theirs = peer === undefined || source === undefined ? undefined : neighbours.get(peer.name)?.get(source);
      const taken = theirs === undefined ? undefined : seen.get(theirs);
      if (neighbour.down !== undefined) down(neighbour.down);
      else if (first !== undefined && first !== neighbour) down(`${neighbour.address} is ${first.name} already`);
      else if (source === undefined) down(`${speaker.name} has no address of that family`);
      else if (peer === undefined) down(`nothing speaks BGP at ${neighbour.address}`);
      else if (theirs === undefined) down(`${peer.name} has no neighbour ${source}`);
      else if (taken !== undefined)
        down(`${peer.name} has a session with ${source} already, that of ${taken}: one address, one session`);
      else {
        const why = obstacle(speaker, neighbour, peer, theirs);
        if (why !== undefined) down(why);
        else {
          seen.set(theirs, speaker.name);
          const internal = neighbour.asn === localAsOf(speaker, neighbour);
          result.push({ state: "up", internal, ends: [end, { speaker: peer.name, neighbour: theirs }] });
        }
      }
    }
  return result;
}

/**
 * Neighbours of each of these speakers in a full mesh: all others, in every family that both have. `extra`: what each entry says
 * besides, by own address and the other's.
 */
export function meshOf(
  speakers: readonly Pick<BgpSpeaker, "name" | "asn" | "address">[],
  cause: Cause,
  extra: (own: string, other: string) => Partial<BgpNeighbour> = () => ({}),
): ReadonlyMap<string, readonly BgpNeighbour[]> {
  const mesh = new Map<string, BgpNeighbour[]>(speakers.map(({ name }) => [name, []]));
  for (const other of speakers)
    for (const [family, address] of perFamily(other.address)) {
      const entry = { name: `Mesh_${address.replaceAll(/[.:]/g, "_")}`, address, asn: other.asn, cause };
      for (const speaker of speakers) {
        const own = speaker.address[family];
        if (speaker !== other && own !== undefined) mesh.get(speaker.name)?.push({ ...entry, ...extra(own, address) });
      }
    }
  return mesh;
}

/** The path of a packet, from the sightings of a trace: namespaces in order, places in order. */
import type { Sighting } from "../../services/trace/protocol.ts";
import { formatNamespace, formatPlace } from "../../net/place.ts";

export interface PacketRoute {
  /** Namespaces in the order in which the packet entered them. */
  readonly hops: readonly string[];
  /** Places in the order in which the packet was seen there, the same one after another only once. */
  readonly places: readonly string[];
}

/**
 * The forward path of one packet. A retransmitted packet passes the same places in the same direction once more:
 * the path ends where the sequence starts again at the sender.
 */
export function routeOfPacket(sightings: readonly Sighting[]): PacketRoute {
  const forward = sightings.filter((sighting) => sighting.forward).sort((a, b) => a.atNs - b.atNs);
  const [first] = forward;
  const again = forward.findIndex((sighting, index) => index > 0 && first !== undefined && sameStep(sighting, first));
  const once = again < 0 ? forward : forward.slice(0, again);
  return {
    hops: withoutRepeats(once.map((sighting) => formatNamespace(sighting.ns))),
    places: withoutRepeats(once.map((sighting) => formatPlace(sighting.ns, sighting.iface))),
  };
}

function sameStep(a: Sighting, b: Sighting): boolean {
  return a.ns === b.ns && a.iface === b.iface && a.direction === b.direction && a.encapsulated === b.encapsulated;
}

function withoutRepeats(texts: readonly string[]): string[] {
  return texts.filter((text, index) => text !== texts[index - 1]);
}

export interface RouteExpectation {
  readonly hops?: readonly string[] | undefined;
  readonly crosses?: readonly string[] | undefined;
  readonly avoids?: readonly string[] | undefined;
}

/** What is wrong with a path, in one sentence; undefined when it is as expected. All names canonical. */
export function routeMismatch(route: PacketRoute, expect: RouteExpectation): string | undefined {
  if (route.hops.length === 0) return "the packet was not seen anywhere";
  if (expect.hops !== undefined && route.hops.join("\n") !== expect.hops.join("\n")) {
    const at = expect.hops.findIndex((hop, index) => route.hops[index] !== hop);
    if (at < 0) return `it went on to ${route.hops.slice(expect.hops.length).join(", ")}`;
    const got = route.hops[at];
    return got === undefined
      ? `it never reached ${expect.hops[at] ?? "the end"}`
      : `hop ${at + 1} is ${got}, expected ${expect.hops[at] ?? "none"}`;
  }
  let from = 0;
  for (const place of expect.crosses ?? []) {
    const found = route.places.findIndex((seen, index) => index >= from && isAt(seen, place));
    if (found < 0) {
      return route.places.some((seen) => isAt(seen, place))
        ? `it crossed ${place}, but not in the expected order`
        : `it did not cross ${place}`;
    }
    from = found + 1;
  }
  for (const place of expect.avoids ?? []) {
    const seen = route.places.find((one) => isAt(one, place));
    if (seen !== undefined) return `it crossed ${seen}`;
  }
  return undefined;
}

/** `node1` stands for any of its interfaces. */
function isAt(seen: string, place: string): boolean {
  return seen === place || seen.startsWith(`${place}/`);
}

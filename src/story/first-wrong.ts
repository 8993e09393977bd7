/** Which hop of a story is the first that is not as the lab says, and had a part in what became of the packet. */
import { NOT_REACHED } from "./packet-story.ts";
import type { Hop } from "./packet-story.ts";

export interface End {
  /** Texts of what acts where it stops a packet, or not at all. */
  readonly inPlace: ReadonlySet<string>;
  /** Texts of what acts on packets that are there only: it does not keep them from getting there. */
  readonly behind: ReadonlySet<string>;
  readonly arrived: boolean;
}

/**
 * Index into `hops`; undefined: nothing differs at any, or only what had no part in it. Of a packet that did not arrive: the hop at
 * which it ended, where that differs; else the first one on the way there (or back) that it ended on.
 */
export function firstWrongHop(
  hops: readonly Hop[],
  { inPlace, behind, arrived }: End = { inPlace: new Set(), behind: new Set(), arrived: true },
): number | undefined {
  const lost = hops.findIndex((hop) => hop.lost === true);
  // Refused, it ended where it came last.
  const end = lost >= 0 || arrived ? lost : hops.findLastIndex(({ way }) => way === "there");
  const at = hops[end];
  const blameless = (hop: Hop): boolean => {
    const { differs = [], ns, way } = hop;
    if (at === undefined || (ns === at.ns && way === at.way)) return false;
    const none = hops.indexOf(hop) < end ? inPlace : hop.at === NOT_REACHED ? behind : new Set<string>();
    return differs.every((text) => none.has(text));
  };
  const first = (wanted: (hop: Hop) => boolean): number | undefined => {
    const found = hops.findIndex((hop) => hop.differs !== undefined && wanted(hop));
    return found < 0 ? undefined : found;
  };
  if (at?.differs !== undefined) return end;
  return first((hop) => hop.way === at?.way && !blameless(hop)) ?? first((hop) => !blameless(hop));
}

/** Which hop of a story is the first that is not as the lab says, and had a part in what became of the packet. */
import type { Hop } from "./packet-story.ts";

/** A setting acts where it stops a packet, or not at all. */
const SETTING = /^net[./]/;

/**
 * Index into `hops`; undefined: nothing differs at any. Of a lost packet: the hop at which it was lost, where that differs; else the
 * first one on the way there (or back) that it was lost on.
 */
export function firstWrongHop(hops: readonly Hop[]): number | undefined {
  const lost = hops.findIndex((hop) => hop.lost === true);
  const at = hops[lost];
  const passed = ({ differs = [], ns, way }: Hop): boolean =>
    at !== undefined && !(ns === at.ns && way === at.way) && differs.every((text) => SETTING.test(text));
  const first = (wanted: (hop: Hop) => boolean): number | undefined => {
    const found = hops.findIndex((hop) => hop.differs !== undefined && wanted(hop));
    return found < 0 ? undefined : found;
  };
  if (at?.differs !== undefined) return lost;
  return first((hop) => hop.way === at?.way && !passed(hop)) ?? first((hop) => !passed(hop)) ?? first(() => true);
}

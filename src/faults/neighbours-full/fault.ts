/** neighbours-full: no room for further neighbours. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { at } from "../fields.ts";
import { defineFault } from "../kind.ts";
import { withPacketRules } from "../packet-rules.ts";
import type { FaultPlace } from "../places.ts";

export const neighboursFull = defineFault<{ readonly at: string }, { readonly place: FaultPlace }>({
  kind: "neighbours-full",
  lesson:
    'What "neighbour: arp_cache: neighbor table overflow!" does to who is not known yet: no further address is resolved. The kernel\'s own limit (gc_thresh3) is one for the whole machine, so here ARP replies and neighbour advertisements are dropped; an address that is not resolved is EHOSTUNREACH. Neighbours that are known stay until they expire.',
  schema: lazy(() => z.strictObject({ at })),
  resolve: ({ at: text }, places) => ({ place: places.place(text) }),
  describe: ({ place }) => `${place.text} resolves no further neighbours`,
  inject: ({ place }, scene) =>
    withPacketRules(place, scene, {
      rules: (direction) =>
        direction === "in" ? ["arp operation reply counter drop", "icmpv6 type nd-neighbor-advert counter drop"] : [],
    }),
  draw: ({ text, is }) => (is === "other" ? undefined : { at: text }),
});

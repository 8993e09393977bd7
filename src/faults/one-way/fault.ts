/** one-way: a link carries packets in one direction only. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { at } from "../fields.ts";
import { defineFault } from "../kind.ts";
import { LOSE, withPacketRules, type Direction } from "../packet-rules.ts";
import type { FaultPlace } from "../places.ts";

interface OneWayDocument {
  readonly at: string;
  readonly lost: Direction;
}

export const oneWay = defineFault<OneWayDocument, { readonly place: FaultPlace; readonly lost: Direction }>({
  kind: "one-way",
  lesson:
    "All packets of one direction are dropped, ARP included; the link stays up at both ends, as with one broken fibre of two.",
  schema: lazy(() =>
    z.strictObject({ at, lost: z.enum(["in", "out"]).describe("What is lost, seen from the device") }),
  ),
  resolve: ({ at: text, lost }, places) => ({ place: places.place(text), lost }),
  describe: ({ place, lost }) => `${place.text} ${lost === "in" ? "receives" : "sends"} nothing`,
  inject: ({ place, lost }, scene) =>
    withPacketRules(place, scene, { rules: (direction) => (direction === lost ? [LOSE[direction]] : []) }),
  draw: ({ text, is, random }) => (is === "other" ? undefined : { at: text, lost: random() < 0.5 ? "in" : "out" }),
});

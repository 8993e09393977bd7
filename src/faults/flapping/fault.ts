/** flapping: a link that works and does not, in turns. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { duration } from "../../syntax/scalar.ts";
import { parseDuration } from "../../syntax/quantity.ts";
import { at } from "../fields.ts";
import { defineFault } from "../kind.ts";
import { LOSE, withPacketRules } from "../packet-rules.ts";
import type { FaultPlace } from "../places.ts";

interface Flapping {
  readonly place: FaultPlace;
  /** Milliseconds. */
  readonly up: number;
  readonly down: number;
}

interface FlappingDocument {
  readonly at: string;
  readonly up?: string | number | undefined;
  readonly down?: string | number | undefined;
}

const UP = 2000;
const DOWN = 1000;

/** Sets that rules fill, each with one element that expires. */
const SETS = ["up", "turn"].map(
  (name) => ({ kind: "set", name, type: "iface_type", flags: ["dynamic", "timeout"], elements: [] }) as const,
);

/** Above PSCHED and timer granularity. */
function time(text: string | number | undefined, otherwise: number): number {
  return Math.max(10, text === undefined ? otherwise : (parseDuration(text) ?? otherwise));
}

export const flapping = defineFault<FlappingDocument, Flapping>({
  kind: "flapping",
  lesson:
    "The device carries packets for a while, drops all of them for a while, and so on, from the first packet that comes; its carrier stays. Made of two nftables sets whose elements expire: nothing runs beside the lab.",
  schema: lazy(() =>
    z.strictObject({
      at,
      up: duration.optional().describe("How long it carries packets, default 2s"),
      down: duration.optional().describe("How long it drops them, default 1s"),
    }),
  ),
  resolve: ({ at: text, up, down }, places) => ({
    place: places.place(text),
    up: time(up, UP),
    down: time(down, DOWN),
  }),
  describe: ({ place, up, down }) => `${place.text} flaps: ${up} ms up, ${down} ms down`,
  inject: ({ place, up, down }, scene) =>
    withPacketRules(place, scene, {
      sets: SETS,
      rules: (direction) => {
        // The type of the device's hardware: the same for all its packets, in both directions.
        const key = direction === "in" ? "iiftype" : "oiftype";
        return [
          `${key} @up accept`,
          `${key} @turn ${LOSE[direction]}`,
          `add @turn { ${key} timeout ${up + down}ms } add @up { ${key} timeout ${up}ms }`,
        ];
      },
    }),
  draw: ({ text, is }) => (is === "other" ? undefined : { at: text, up: "500ms", down: "500ms" }),
});

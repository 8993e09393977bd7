/** loss: a share of the packets is dropped. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { at, direction, directionText, isMeant, percent, type DirectionDocument } from "../fields.ts";
import { defineFault } from "../kind.ts";
import { LOSE, withPacketRules } from "../packet-rules.ts";
import type { FaultPlace } from "../places.ts";

interface Loss {
  readonly percent: number;
  readonly direction?: DirectionDocument;
}

/** Of how many packets `percent` counts: a hundredth of a percent is the finest. */
const RESOLUTION = 10_000;

/** nft refuses a number of packets that is all of them. */
function chance(share: number): string {
  const lost = Math.round((share * RESOLUTION) / 100);
  return lost >= RESOLUTION ? "" : `numgen random mod ${RESOLUTION} < ${lost} `;
}

export const loss = defineFault<Loss & { readonly at: string }, Loss & { readonly place: FaultPlace }>({
  kind: "loss",
  lesson:
    "Each packet is dropped with this probability, by nftables (`numgen random`): it needs no netem. A packet that is not yet segmented (GSO) is lost as a whole.",
  schema: lazy(() =>
    z.strictObject({ at, percent: percent.describe("How many of 100 packets are lost, 0 to 100"), direction }),
  ),
  resolve: ({ at: text, ...rest }, places) => ({ place: places.place(text), ...rest }),
  describe: ({ place, percent: share, direction: asked }) =>
    `${place.text} loses ${share} % of the packets${directionText(asked)}`,
  inject: ({ place, percent: share, direction: asked }, scene) =>
    withPacketRules(place, scene, {
      rules: (one) => (isMeant(asked, one) ? [`${chance(share)}${LOSE[one]}`] : []),
    }),
  draw: ({ text, is, random }) =>
    is === "other" ? undefined : { at: text, percent: 10 * (1 + Math.floor(random() * 5)) },
});

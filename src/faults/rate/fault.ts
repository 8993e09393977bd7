/** rate: a link that is slower than its lab says, with a queue. */
import * as z from "zod";
import { UsageError } from "../../errors.ts";
import { lazy } from "../../syntax/lazy.ts";
import { parseDuration, parseRate } from "../../syntax/quantity.ts";
import { duration, rate as bits } from "../../syntax/scalar.ts";
import { identified } from "../../resources/resource-id.ts";
import { at } from "../fields.ts";
import { defineFault } from "../kind.ts";
import { devicesAt, inPlaceOf, machineOf, type FaultPlace } from "../places.ts";

interface RateDocument {
  readonly at: string;
  readonly rate: string | number;
  readonly queue?: string | number | undefined;
}

interface Rate {
  readonly place: FaultPlace;
  /** Bits per second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly queue: number;
}

const MEGA = 1_000_000;
const QUEUE = 50;
/** Bytes: a packet that is not segmented yet must fit. */
const SMALLEST_BURST = 65_536;
/** tbf: a burst lasts at least a tick of 4 ms. */
const TICKS = 250;

export const rate = defineFault<RateDocument, Rate>({
  kind: "rate",
  lesson:
    "A token bucket (`tc qdisc … tbf`) at the device: what goes out waits in its queue, and is dropped where it would have to wait longer. In place of the lab's own limit, if there is one.",
  schema: lazy(() =>
    z.strictObject({
      at,
      rate: bits,
      queue: duration.optional().describe("How long a packet may wait, default 50ms"),
    }),
  ),
  resolve({ at: text, rate: asked, queue }, places) {
    const speed = parseRate(asked);
    if (speed === undefined || speed < 8)
      throw new UsageError(`"${asked}" is not a rate`, "write 10mbit, 512kbit, 1gbit");
    return {
      place: places.place(text),
      rate: speed,
      queue: queue === undefined ? QUEUE : (parseDuration(queue) ?? QUEUE),
    };
  },
  describe: ({ place, rate: speed, queue }) =>
    `${place.text} sends ${speed < MEGA ? `${speed / 1000} kbit/s` : `${speed / MEGA} Mbit/s`}, with a queue of ${queue} ms`,
  inject({ place, rate: speed, queue }, { resources, cause }) {
    const { ns } = place;
    const node = machineOf(resources, ns);
    const burst = Math.max(SMALLEST_BURST, Math.ceil(speed / 8 / TICKS));
    const limits = devicesAt(place, resources).map((dev) =>
      identified<"qdisc">({ kind: "qdisc", ns, node, cause, dev, rate: speed, burst, latency: queue }),
    );
    return inPlaceOf(resources, limits);
  },
  draw: ({ text, is }) => (is === "other" ? undefined : { at: text, rate: "1mbit" }),
});

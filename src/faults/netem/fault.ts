/** netem: packets that come late, twice, changed, in another order, or not at all. */
import * as z from "zod";
import { UsageError } from "../../errors.ts";
import { lazy } from "../../syntax/lazy.ts";
import { parseDuration } from "../../syntax/quantity.ts";
import { duration } from "../../syntax/scalar.ts";
import type { Netem } from "../../resources/netem/definition.ts";
import { identified } from "../../resources/resource-id.ts";
import { at, percent } from "../fields.ts";
import { defineFault } from "../kind.ts";
import { devicesAt, machineOf } from "../places.ts";
import type { FaultPlace } from "../places.ts";

const SHARES = ["loss", "corrupt", "duplicate", "reorder"] as const;

type NetemDocument = {
  readonly at: string;
  readonly delay?: string | number | undefined;
  readonly jitter?: string | number | undefined;
  readonly limit?: number | undefined;
} & { readonly [S in (typeof SHARES)[number]]?: number | undefined };

/** Packets: tc's default. */
const LIMIT = 1000;

export const netem = defineFault<NetemDocument, { readonly place: FaultPlace; readonly netem: Netem }>({
  kind: "netem",
  lesson:
    "`tc qdisc … netem` at the device, for what goes out, in place of the lab's own rate limit if there is one. Only where the kernel has netem (`k8snet-lab doctor`); elsewhere it is refused, and `loss` and `rate` do what can be done without.",
  schema: lazy(() =>
    z.strictObject({
      at,
      delay: duration.optional().describe("How much later each packet comes"),
      jitter: duration.optional().describe("By how much the delay varies, up and down"),
      loss: percent.optional().describe("Percent of the packets"),
      corrupt: percent.optional().describe("Percent of the packets with one bit changed"),
      duplicate: percent.optional().describe("Percent of the packets that come twice"),
      reorder: percent.optional().describe("Percent of the packets that overtake the others; needs a delay"),
      limit: z.int().min(1).max(1_000_000).optional().describe(`Packets in its queue, default ${LIMIT}`),
    }),
  ),
  resolve(doc, places) {
    const time = (text: string | number | undefined): number => (text === undefined ? 0 : (parseDuration(text) ?? 0));
    const [delay, jitter] = [time(doc.delay), time(doc.jitter)];
    const { loss = 0, corrupt = 0, duplicate = 0, reorder = 0, limit = LIMIT } = doc;
    if (delay + jitter + loss + corrupt + duplicate + reorder === 0)
      throw new UsageError(
        "netem without delay, loss, corrupt, duplicate or reorder does nothing",
        "write delay: 20ms",
      );
    if (reorder > 0 && delay === 0)
      throw new UsageError("packets overtake only others that are delayed", "add delay: 20ms");
    return { place: places.place(doc.at), netem: { delay, jitter, loss, corrupt, duplicate, reorder, limit } };
  },
  describe({ place, netem: { delay, jitter, ...rest } }) {
    const shares = SHARES.flatMap((word) => (rest[word] === 0 ? [] : [`${word} ${rest[word]} %`]));
    const late = delay + jitter === 0 ? [] : [`delay ${delay} ms${jitter === 0 ? "" : ` ± ${jitter} ms`}`];
    return `${place.text} has ${[...late, ...shares].join(", ")}`;
  },
  inject({ place, netem: figures }, { resources, cause }) {
    const { ns } = place;
    const node = machineOf(resources, ns);
    const devices = devicesAt(place, resources);
    const made = devices.map((dev) => identified<"netem">({ kind: "netem", ns, node, cause, dev, ...figures }));
    // A device has one root.
    const isRoot = (one: (typeof resources)[number]): boolean =>
      (one.kind === "qdisc" || one.kind === "netem") && one.ns === ns && devices.includes(one.dev);
    return [...resources.filter((one) => !isRoot(one)), ...made];
  },
  draw: ({ text, is, random }) =>
    is === "other" ? undefined : { at: text, delay: "30ms", jitter: "10ms", duplicate: Math.floor(random() * 10) },
});

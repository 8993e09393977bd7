/** netem: packets that come late, twice, changed, in another order, or not at all. */
import * as z from "zod";
import { UsageError } from "../../errors.ts";
import { lazy } from "../../syntax/lazy.ts";
import { parseDuration } from "../../syntax/quantity.ts";
import { duration } from "../../syntax/scalar.ts";
import type { Netem } from "../../resources/netem/definition.ts";
import { describeNetem } from "../../resources/netem/describe.ts";
import { identified } from "../../resources/resource-id.ts";
import type { Resource } from "../../resources/resource.ts";
import { at, percent } from "../fields.ts";
import { defineFault } from "../kind.ts";
import { DIRECTIONS } from "../packet-rules.ts";
import { inPlaceOf, machineOf, sendersAt, type FaultPlace } from "../places.ts";

const SHARES = ["loss", "corrupt", "duplicate", "reorder"] as const;
const WAYS = [...DIRECTIONS, "both"] as const;
/** The kernel's qdisc, or the agent in its place. */
const MEANS = ["netem", "relay"] as const;

type NetemDocument = {
  readonly at: string;
  readonly direction?: (typeof WAYS)[number] | undefined;
  readonly delay?: string | number | undefined;
  readonly jitter?: string | number | undefined;
  readonly limit?: number | undefined;
  readonly seed?: number | undefined;
  readonly by?: (typeof MEANS)[number] | undefined;
} & { readonly [S in (typeof SHARES)[number]]?: number | undefined };

interface Impaired {
  readonly place: FaultPlace;
  readonly direction: (typeof WAYS)[number];
  readonly netem: Netem;
  /** Absent until it is injected, where nothing was asked for. */
  readonly by?: (typeof MEANS)[number] | undefined;
  /** Nothing was asked for, and the kernel has no netem. */
  readonly lacking?: true | undefined;
}

/** Packets: tc's default. */
const LIMIT = 1000;
const SEED = 1;

function senders({ place, direction }: Impaired, resources: readonly Resource[]): ReturnType<typeof sendersAt> {
  return DIRECTIONS.flatMap((one) =>
    direction === one || direction === "both" ? sendersAt(place, one, resources) : [],
  );
}

export const netem = defineFault<NetemDocument, Impaired>({
  kind: "netem",
  lesson:
    "By netem where the kernel has it (`tc qdisc … netem` at the device, in place of the lab's own rate limit if there is one). Elsewhere by a relay: nftables redirects the device's outgoing packets to the agent, which delays, drops, alters or repeats them and hands them back to the device; the lab's own rate limit stays. `k8snet-lab fault LAB` says which of the two is in use. A relay adds 0.1 to 0.3 ms of its own and carries a few hundred Mbit/s; GSO packets are segmented first.",
  schema: lazy(() =>
    z.strictObject({
      at,
      direction: z
        .enum(WAYS)
        .optional()
        .describe("Packets that the device receives (done at the other end of its cable), sends, or both; default out"),
      delay: duration.optional().describe("How much later each packet comes"),
      jitter: duration.optional().describe("By how much the delay varies, up and down; packets may overtake others"),
      loss: percent.optional().describe("Percent of the packets"),
      corrupt: percent.optional().describe("Percent of the packets with one bit changed"),
      duplicate: percent.optional().describe("Percent of the packets that come twice"),
      reorder: percent.optional().describe("Percent of the packets that overtake the others; needs a delay"),
      limit: z.int().min(1).max(1_000_000).optional().describe(`Packets in its queue, default ${LIMIT}`),
      seed: z
        .int()
        .min(0)
        .max(0xffffffff)
        .optional()
        .describe("Decides which packets are hit, default 1 (netem: since Linux 6.6)"),
      by: z.enum(MEANS).optional().describe("Default: netem where the kernel has it, else a relay"),
    }),
  ),
  resolve(doc, places) {
    const time = (text: string | number | undefined): number => (text === undefined ? 0 : (parseDuration(text) ?? 0));
    const [delay, jitter] = [time(doc.delay), time(doc.jitter)];
    const { loss = 0, corrupt = 0, duplicate = 0, reorder = 0, limit = LIMIT, seed = SEED } = doc;
    const isNothing = delay + jitter + loss + corrupt + duplicate + reorder === 0;
    if (isNothing && doc.delay === undefined)
      throw new UsageError(
        "netem without delay, loss, corrupt, duplicate or reorder does nothing",
        "write delay: 20ms",
      );
    if (reorder > 0 && delay === 0)
      throw new UsageError("packets overtake only others that are delayed", "add delay: 20ms");
    const figures = { delay, jitter, loss, corrupt, duplicate, reorder, limit, seed };
    return { place: places.place(doc.at), direction: doc.direction ?? "out", netem: figures, by: doc.by };
  },
  asks: ({ place: { ns } }) => ({ ns, feature: "netem" }),
  keep(settings, resources, lacks) {
    if (senders(settings, resources).length === 0)
      throw new UsageError(
        `${settings.place.text} has no cable in this lab whose packets could be kept`,
        settings.direction === "out" ? "name a device: node1/eth0" : "name the other end, with direction: out",
      );
    if (settings.by !== undefined) return settings;
    return lacks.has("netem") ? { ...settings, by: "relay", lacking: true } : { ...settings, by: "netem" };
  },
  describe({ place, direction, netem: figures, by, lacking }) {
    const what = { in: "receives with", out: "sends with", both: "sends and receives with" }[direction];
    const how =
      by === undefined
        ? ""
        : by === "netem"
          ? ", by netem"
          : `, by a relay${lacking ? ": the kernel has no netem" : ""}`;
    return `${place.text} ${what} ${describeNetem(figures) || "no delay"}${how}`;
  },
  inject(settings, { resources, cause }) {
    const ends = senders(settings, resources);
    const made = ends.map(({ ns, dev }) => {
      const one = { ns, node: machineOf(resources, ns), cause, dev, ...settings.netem };
      return settings.by === "relay"
        ? identified<"relay">({ kind: "relay", ...one })
        : identified<"netem">({ kind: "netem", ...one });
    });
    return inPlaceOf(resources, made);
  },
  draw({ text, is, random }) {
    if (is === "other") return undefined;
    const share = (most: number): number => Math.floor(random() * most);
    return [
      { at: text, delay: "30ms", jitter: "10ms", duplicate: share(10) },
      { at: text, delay: "20ms", reorder: 10 + share(30) },
      { at: text, corrupt: 1 + share(20) },
    ][share(3)];
  },
});

/** conntrack-full: no room for further connections. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { target } from "../../syntax/scalar.ts";
import { defineFault } from "../kind.ts";
import { withTable } from "../packet-rules.ts";
import type { FaultPlace } from "../places.ts";

interface Full {
  readonly room?: number | undefined;
}

/** After connection tracking (NF_IP_PRI_CONNTRACK, -200), before everything that translates. */
const PRIORITY = -190;

export const conntrackFull = defineFault<Full & { readonly at: string }, Full & { readonly place: FaultPlace }>({
  kind: "conntrack-full",
  lesson:
    "What \"nf_conntrack: table full, dropping packet\" does: packets of new connections are dropped, those of known ones pass. The kernel's own limit (nf_conntrack_max) is one for the whole machine, so the lab's is a rule of nftables that counts connections.",
  schema: lazy(() =>
    z.strictObject({
      at: target.describe("A node, a pod, any namespace"),
      room: z
        .int()
        .min(0)
        .max(1_000_000)
        .optional()
        .describe("How many new connections still fit at a time, default 0"),
    }),
  ),
  resolve: ({ at: text, ...rest }, places) => ({ place: places.whole(text), ...rest }),
  describe: ({ place, room = 0 }) => `${place.text} tracks ${room === 0 ? "no" : `at most ${room}`} new connections`,
  inject: ({ place, room = 0 }, scene) => {
    const text = `ct state new ${room === 0 ? "" : `ct count over ${room} `}counter drop`;
    return withTable(
      place.ns,
      scene,
      ["prerouting", "output"].map((hook) => ({
        kind: "chain" as const,
        name: hook,
        hook: `type filter hook ${hook} priority ${PRIORITY}`,
        rules: [{ text, cause: scene.cause }],
      })),
    );
  },
  draw: ({ text, is }) => (is === "node" ? { at: text } : undefined),
});

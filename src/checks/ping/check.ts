/** ping: echo requests; loss, TTL of the answer, and with `df` what fits through the path. */
import { defineCheck } from "../kind.ts";
import { targetPairs } from "../destination.ts";
import { resolvePing } from "./resolve.ts";
import { pingRequest } from "./request.ts";
import { pingSchema } from "./schema.ts";
import { fitPing } from "./resolve.ts";

export const ping = defineCheck({
  kind: "ping",
  schema: pingSchema,
  lesson:
    "ICMP echo: proves that packets go there and back at layer 3. With df and a size it finds the path MTU: a packet that is too large is refused by the router that cannot forward it, which answers with the MTU that fits.",
  phase: "traffic",
  resolve: resolvePing,
  negative: ({ expect }) => expect.outcome !== "open",
  settles: true,
  pairs: ({ from, to }) => targetPairs(from, to),
  fit: fitPing,
  request: pingRequest,
  runner: () => import("./run.ts"),
});

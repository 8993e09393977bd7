/** mtu: the largest packet that is answered without having been fragmented, found by echo requests of more and less bytes. */
import { targetPairs } from "../destination.ts";
import { defineCheck } from "../kind.ts";
import { resolveMtu, SMALLEST_MTU } from "./resolve.ts";
import { mtuSchema } from "./schema.ts";

export const mtu = defineCheck({
  kind: "mtu",
  schema: mtuSchema,
  lesson:
    "Finds the path MTU by halving: echo requests that may not be fragmented, each larger or smaller than the last. A router that cannot forward one says which MTU fits; where it is silent, large packets disappear and small ones arrive.",
  phase: "traffic",
  resolve: resolveMtu,
  pairs: ({ from, to }) => targetPairs(from, to),
  fit: (check, less) => ({ ...check, expect: Math.max(SMALLEST_MTU, check.expect - less) }),
  runner: () => import("./run.ts"),
});

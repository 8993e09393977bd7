/** path: the namespaces and devices that a packet really crosses, found by listening everywhere while it travels. */
import { defineCheck } from "../kind.ts";
import { targetPairs } from "../destination.ts";
import { resolvePath } from "./resolve.ts";
import { pathSchema } from "./schema.ts";

export const path = defineCheck({
  kind: "path",
  schema: pathSchema,
  lesson:
    "Follows one packet through all namespaces with packet sockets: where it really goes, not where it should go.",
  phase: "traffic",
  resolve: resolvePath,
  pairs: ({ from, to }) => targetPairs(from, to),
  runner: () => import("./run.ts"),
});

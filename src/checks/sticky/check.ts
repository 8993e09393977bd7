/** sticky: each client keeps its endpoint (sessionAffinity: ClientIP). */
import { defineCheck } from "../kind.ts";
import { targetPairs } from "../destination.ts";
import { resolveSticky } from "./resolve.ts";
import { stickySchema } from "./schema.ts";

export const sticky = defineCheck({
  kind: "sticky",
  schema: stickySchema,
  lesson:
    "Connects to a Service again and again: with sessionAffinity ClientIP a client keeps its endpoint, on this node and for this Service port.",
  phase: "traffic",
  resolve: resolveSticky,
  pairs: ({ from, to }) => targetPairs(from, to),
  runner: () => import("./run.ts"),
});

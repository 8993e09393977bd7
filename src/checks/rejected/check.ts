/** rejected: nothing is behind this address and port; refused at once, or dropped without an answer. */
import { defineCheck } from "../kind.ts";
import { targetPairs } from "../destination.ts";
import { resolveRejected } from "./resolve.ts";
import { rejectedSchema } from "./schema.ts";

export const rejected = defineCheck({
  kind: "rejected",
  schema: rejectedSchema,
  lesson:
    "Nothing is behind this address and port: a Service without endpoints refuses at once (REJECT), one that has them only on other nodes stays silent (DROP).",
  phase: "traffic",
  resolve: resolveRejected,
  negative: () => true,
  pairs: ({ from, to }) => targetPairs(from, to),
  runner: () => import("./run.ts"),
});

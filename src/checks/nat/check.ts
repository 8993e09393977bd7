/** nat: what becomes of source and destination of a connection to a Service. */
import { defineCheck } from "../kind.ts";
import { targetPairs } from "../destination.ts";
import { resolveNat } from "./resolve.ts";
import { natSchema } from "./schema.ts";

export const nat = defineCheck({
  kind: "nat",
  schema: natSchema,
  lesson:
    "Asks what happens to a connection to a Service: which endpoint it is translated to, and whether the backend sees the client or the node. What Kubernetes promises, what the rules do and what the packets did must agree.",
  phase: "traffic",
  resolve: resolveNat,
  pairs: ({ from, to }) => targetPairs(from, to),
  runner: () => import("./run.ts"),
});

/** throughput: iperf3 from source to target, compared with the limits. */
import { defineCheck } from "../kind.ts";
import { targetPairs } from "../destination.ts";
import { resolveThroughput } from "./resolve.ts";
import { throughputSchema } from "./schema.ts";

export const throughput = defineCheck({
  kind: "throughput",
  schema: throughputSchema,
  lesson: "Measures throughput with iperf3.",
  phase: "alone",
  resolve: resolveThroughput,
  pairs: ({ from, to }) => targetPairs(from, to),
  runner: () => import("./run.ts"),
});

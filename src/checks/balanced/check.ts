/** balanced: many connections to a Service are spread across its endpoints, each as often as the others within chance. */
import { defineCheck } from "../kind.ts";
import { targetPairs } from "../destination.ts";
import { resolveBalanced } from "./resolve.ts";
import { balancedSchema } from "./schema.ts";

export const balanced = defineCheck({
  kind: "balanced",
  schema: balancedSchema,
  lesson:
    "Makes many connections to a Service and counts which endpoint answers: each as often as the others, within chance. What Kubernetes says, what the rules in the kernel say and what the packets did must agree.",
  phase: "traffic",
  resolve: resolveBalanced,
  pairs: ({ from, to }) => targetPairs(from, to),
  runner: () => import("./run.ts"),
});

/** reach: who reaches whom; one batch of probes for the whole matrix, then again only the unexpected pairs. */
import { defineCheck } from "../kind.ts";
import { resolveReach } from "./resolve.ts";
import { reachSchema } from "./schema.ts";

export const reach = defineCheck({
  kind: "reach",
  schema: reachSchema,
  lesson: "Every selected pod talks to every other one; the matrix shows who reaches whom.",
  phase: "traffic",
  resolve: resolveReach,
  negative: ({ expect }) => expect.flat().every((outcome) => outcome !== "open"),
  settles: true,
  pairs: ({ from, to, expect }) =>
    from.flatMap((one, i) =>
      to.flatMap((other, j) => ((expect[i]?.[j] ?? null) === null ? [] : [[one, other] as const])),
    ),
  runner: () => import("./run.ts"),
});

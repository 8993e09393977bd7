/** capture: the packets that a declared capture has seen during this run, compared with what was expected of them. */
import { defineCheck } from "../kind.ts";
import { resolveCapture } from "./resolve.ts";
import { captureSchema } from "./schema.ts";
import { isBounded } from "../../capture/expectation.ts";
import { looksForNeighbours } from "./looks-for-neighbours.ts";

export const capture = defineCheck({
  kind: "capture",
  schema: captureSchema,
  lesson: "Looks at what tcpdump recorded: whether the packets on the wire are as expected.",
  phase: "after",
  resolve: resolveCapture,
  // Its traffic has ended by the time it looks; a count that is right may still grow beyond its maximum.
  negative: ({ expect }) => isBounded(expect.packets),
  needsEmptyNeighbourCache: looksForNeighbours,
  runner: () => import("./run.ts"),
});

/** command: a program run in the namespace; exit code and output. */
import { defineCheck } from "../kind.ts";
import { resolveCommand } from "./resolve.ts";
import { commandSchema } from "./schema.ts";

export const command = defineCheck({
  kind: "command",
  schema: commandSchema,
  lesson: "Runs a program inside the namespace and looks at its exit code and output.",
  phase: "traffic",
  resolve: resolveCommand,
  negative: ({ expect }) => expect.exitCode !== 0,
  runner: () => import("./run.ts"),
});

/** What `spec.steps` may say: what is done to the running lab, one thing after the other, with checks in between. */
import * as z from "zod";
import { fault } from "../faults/schema.ts";
import { lazy } from "../syntax/lazy.ts";
import { checkDocument, REQUEST_KINDS } from "../checks/registry.ts";
import { argument, duration, line, target, text } from "../syntax/scalar.ts";

/** The fields that name these kinds, one of which is given. */
function requests(): object {
  return Object.fromEntries(
    REQUEST_KINDS.flatMap(({ kind, schema }) =>
      Object.entries(schema.unwrap().shape).flatMap(([name, field]) =>
        name === kind ? [[name, z.optional(field)]] : [],
      ),
    ),
  );
}

const load = () =>
  z
    .strictObject({
      from: target.describe("Where the requests come from"),
      ...requests(),
      timeout: duration.optional().describe("Time for one request, default 1s"),
      lost: z.int().min(0).optional().describe("How many requests may fail, default 0"),
    })
    .describe("Traffic kept running from before the step until it finishes");

const base = () => ({
  name: line.min(1).describe("Unique within the lab; for humans"),
  within: duration.optional().describe("How long the step may take, default 1m"),
  explain: text.optional().describe("Teaching text"),
  while: load().optional(),
  checks: z.array(checkDocument).optional().describe("What must be true afterwards"),
});

const label = () => z.record(z.string(), argument.nullable());

export const step = lazy(() => {
  const shared = base();
  return z.union([
    z.strictObject({
      ...shared,
      scale: z.strictObject({
        target: target.describe("deploy/NAME, sts/NAME, rs/NAME or rc/NAME"),
        replicas: z.int().min(0).max(10_000).describe("How many pods"),
      }),
    }),
    z.strictObject({ ...shared, rollout: target.describe("Restart the pods of deploy/NAME, sts/NAME or ds/NAME") }),
    z.strictObject({
      ...shared,
      delete: z
        .union([target, z.array(target).min(1)])
        .describe("pod/NAME, deploy/NAME#1, netpol/NAME, cnp/NAME or svc/NAME"),
    }),
    z.strictObject({
      ...shared,
      ready: z.strictObject({ target, value: z.boolean().describe("false: not ready, whatever its probes say") }),
    }),
    z.strictObject({
      ...shared,
      label: z.strictObject({
        target: target.describe("pod/NAME, deploy/NAME#1 or ns/NAME"),
        labels: label().describe("null removes a label"),
      }),
    }),
    z.strictObject({
      ...shared,
      fault: z
        .union([line.min(1), fault])
        .describe("The name of one of spec.faults, or a fault: it lasts until it is undone"),
    }),
    z.strictObject({
      ...shared,
      undo: z.union([line, z.array(line).min(1)]).describe("Names of faults, of their kinds for those without, or all"),
    }),
    z.strictObject({
      ...shared,
      run: z.strictObject({
        in: target.describe("Where it runs"),
        command: z.array(argument).min(1).describe("Program and arguments; must exit with code 0"),
      }),
    }),
    z.strictObject({ ...shared, checks: z.array(checkDocument).min(1) }),
  ]);
});

export type StepDocument = z.infer<typeof step>;

/** What a check of kind reach may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { dnsLabel, port, target } from "../../syntax/scalar.ts";
import { checkFields, outcome } from "../check-fields.ts";

const selection = z.union([
  z.literal("all"),
  target,
  z.array(target).min(1),
  z.strictObject({
    matchLabels: z.record(z.string(), z.string()).optional().describe("Pods with these labels"),
    namespace: dnsLabel.optional().describe("Pods of this namespace"),
  }),
]);
export const reachSchema = lazy(() =>
  z.strictObject({
    ...checkFields,
    reach: z.strictObject({
      from: selection,
      to: selection,
      port: port.optional().describe("Needed by all protocols but icmp"),
      protocol: z.enum(["tcp", "udp", "sctp", "http", "icmp"]).optional().describe("Default tcp"),
    }),
    expect: z
      .union([outcome, z.record(z.string(), z.union([outcome, z.record(z.string(), outcome)]))])
      .optional()
      .describe("One outcome for all pairs, or a truth table: { pod/a: { pod/b: open } }"),
  }),
);

export type SelectionDocument = z.infer<typeof selection>;

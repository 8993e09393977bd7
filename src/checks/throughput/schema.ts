/** What a check of kind throughput may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { rate, target } from "../../syntax/scalar.ts";
import { checkFields, from } from "../check-fields.ts";

export const throughputSchema = lazy(() =>
  z
    .strictObject({
      ...checkFields,
      from,
      throughput: target,
      seconds: z.number().min(0.1).max(600).optional().describe("How long to measure, default 1"),
      expect: z.strictObject({
        min: rate.optional().describe("At least this much"),
        max: rate.optional().describe("At most this much"),
      }),
    })
    .meta({
      examples: [{ name: "the limit holds", from: "pod/client", throughput: "pod/web-0", expect: { max: "11mbit" } }],
    }),
);

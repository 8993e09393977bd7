/** What a check of kind ping may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { target } from "../../syntax/scalar.ts";
import { checkFields, from } from "../check-fields.ts";

const pingOutcome = z.enum(["open", "timeout", "unreachable", "toobig", "noname"]);

export const pingSchema = lazy(() =>
  z.strictObject({
    ...checkFields,
    from,
    ping: target.describe("Target, address or name"),
    count: z.int().min(1).max(1000).optional().describe("Echo requests, default 1"),
    size: z.int().min(0).max(65_507).optional().describe("Payload bytes"),
    df: z.boolean().optional().describe("Do not fragment: tests the path MTU"),
    expect: z
      .union([
        pingOutcome,
        z.strictObject({
          outcome: pingOutcome.optional(),
          loss: z.number().min(0).max(100).optional().describe("Percent"),
          ttl: z.int().min(1).max(255).optional().describe("TTL of the answer: each router on the way decrements it"),
          mtu: z.int().min(68).max(65535).optional().describe("Next-hop MTU that the refusing router reports"),
        }),
      ])
      .optional(),
  }),
);

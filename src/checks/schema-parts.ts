/** What the shapes of several kinds of check have in common. */
import * as z from "zod";
import { duration, line, target, text } from "../syntax/scalar.ts";

export const outcome = z.enum(["open", "refused", "reset", "timeout", "unreachable", "noname"]);
export const pingOutcome = z.enum(["open", "timeout", "unreachable", "toobig", "noname"]);

export const base = {
  name: line.min(1).describe("Unique within the lab; for humans"),
  within: duration.optional().describe("How long to wait for the expected result, default 5s"),
  timeout: duration.optional().describe("Time for one attempt, default 1s"),
  family: z
    .enum(["ipv4", "ipv6", "both"])
    .optional()
    .describe("Default: by the address; for names the lab's first, for targets of a dual-stack lab both"),
  explain: text.optional().describe("Teaching text"),
  fails: z
    .union([z.boolean(), z.literal("fault")])
    .optional()
    .describe(
      "true: this check must fail. fault: it fails until what is broken on purpose is fixed; either result is accepted",
    ),
};
export const from = z.union([target, z.array(target).min(1)]).describe("A target or a list; each must pass");
export const headers = z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "must be a header name"), line);

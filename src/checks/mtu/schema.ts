/** What a check of kind mtu may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { target } from "../../syntax/scalar.ts";
import { checkFields, from } from "../check-fields.ts";
import { LARGEST_MTU, SMALLEST_MTU } from "./resolve.ts";

export const mtuSchema = lazy(() =>
  z.strictObject({
    ...checkFields,
    from,
    mtu: target.describe("Target, address or name"),
    expect: z
      .int()
      .min(SMALLEST_MTU)
      .max(LARGEST_MTU)
      .describe("Path MTU: bytes of the largest IP packet that is answered"),
  }),
);

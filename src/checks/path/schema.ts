/** What a check of kind path may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { target } from "../../syntax/scalar.ts";
import { checkFields, from } from "../check-fields.ts";

export const pathSchema = lazy(() =>
  z.strictObject({
    ...checkFields,
    from,
    path: target,
    protocol: z
      .string()
      .regex(/^(icmp|(tcp|udp):\d{1,5})$/, "must be icmp, tcp:PORT or udp:PORT")
      .optional()
      .describe("icmp (default), tcp:PORT or udp:PORT"),
    expect: z.strictObject({
      hops: z.array(target).min(1).optional().describe("Namespaces in order, first and last included"),
      crosses: z.array(target).min(1).optional().describe("Places that it crosses, in this order: node1/eth0"),
      avoids: z.array(target).min(1).optional().describe("Places that it must not cross"),
    }),
  }),
);

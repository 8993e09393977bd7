/** What a check of kind dns may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { line, port, target } from "../../syntax/scalar.ts";
import { checkFields, from, outcome } from "../check-fields.ts";

const rcode = z.enum(["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"]);
export const dnsSchema = lazy(() =>
  z.strictObject({
    ...checkFields,
    from,
    dns: z
      .string()
      .max(255)
      .regex(/^[A-Za-z0-9_*.-]+$/, "must be a DNS name")
      .describe("Name to look up"),
    type: z
      .string()
      .regex(/^[A-Z0-9]{1,10}$/, "must be a record type: A, AAAA, SRV, PTR")
      .optional()
      .describe("Record type, default A"),
    server: target.optional().describe("Target or address, default svc/kube-system/kube-dns"),
    port: port.optional().describe("Default 53"),
    protocol: z.enum(["udp", "tcp"]).optional().describe("Default udp"),
    expect: z
      .union([
        z.union([outcome, rcode]),
        z.strictObject({
          outcome: outcome.optional(),
          rcode: rcode.optional(),
          answers: z
            .array(line)
            .optional()
            .describe("All answers, in any order; a target stands for its address: pod/web-0, deploy/web"),
        }),
      ])
      .optional(),
  }),
);

/** What a check of kind http may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { line, text } from "../../syntax/scalar.ts";
import { answer, checkFields, from, outcome } from "../check-fields.ts";

const headers = z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "must be a header name"), line);

export const httpSchema = lazy(() =>
  z.strictObject({
    ...checkFields,
    from,
    http: line.min(1).describe("http://TARGET:PORT/path or https://…"),
    method: z
      .string()
      .regex(/^[A-Z]{1,20}$/, "must be upper-case letters: GET")
      .optional()
      .describe("Default GET"),
    host: line.min(1).optional().describe("The Host header: shop.example; default: as the URL says"),
    sni: line
      .min(1)
      .optional()
      .describe("Of https: the server name in the handshake; default: the host, where it is a name"),
    headers: headers.optional().describe("Headers of the request"),
    expect: z
      .union([
        outcome,
        z.strictObject({
          ...answer,
          status: z.int().min(100).max(599).optional().describe("Status code of the response"),
          backend: line.optional().describe("The Service whose endpoint answered, whatever is in between: svc/web"),
          redirect: text
            .optional()
            .describe(
              "Where the answer, of status 3xx, sends its reader: text that Location contains, or /regular expression/",
            ),
          certificate: z
            .strictObject({
              issuer: text
                .optional()
                .describe("Common name of its issuer: text that it contains, or /regular expression/"),
              name: line.optional().describe("A name that it is for, wildcards included"),
              version: z.enum(["TLSv1.2", "TLSv1.3"]).optional().describe("Of TLS"),
            })
            .optional()
            .describe("What the server shows by TLS"),
          body: text.optional().describe("Text that the body contains, or /regular expression/"),
          headers: headers
            .optional()
            .describe("Headers that the response must have: text that each contains, or /regular expression/"),
        }),
      ])
      .optional(),
  }),
);

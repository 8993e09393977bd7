/** What a check of kind nat may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { target } from "../../syntax/scalar.ts";
import { checkFields, from } from "../check-fields.ts";
import { serviceEndpoint, serviceProtocol } from "../service/schema.ts";

export const natSchema = lazy(() =>
  z.strictObject({
    ...checkFields,
    from,
    nat: serviceEndpoint,
    protocol: serviceProtocol,
    expect: z
      .strictObject({
        source: target
          .optional()
          .describe("The source that the backend sees: client, masqueraded, a target or an address"),
        endpoints: z.array(target).min(1).optional().describe("Pods or addresses that it may be translated to"),
      })
      .optional(),
  }),
);
